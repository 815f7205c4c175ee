"""The web page and its HTTP endpoint. Only this package imports Gradio."""
