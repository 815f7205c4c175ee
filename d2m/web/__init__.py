"""The web page and its HTTP endpoint. Only this package and ``app.py`` import Gradio."""
