"""Serve the page, as Hugging Face Spaces start it; ``d2m serve`` does the same."""

from d2m.web.serve import serve_page

if __name__ == "__main__":
    serve_page()
