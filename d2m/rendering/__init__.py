"""Render results: videos, plots, the report, and the files of a job."""
