"""Listening tests: make a study, serve its page, and count what people answered."""
