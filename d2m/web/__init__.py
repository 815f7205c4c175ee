"""The page: what a person sets, sees and keeps. Only here and in ``app.py`` is Gradio known."""
