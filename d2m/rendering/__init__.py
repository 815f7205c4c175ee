"""What a person keeps: videos, plots, the report, and the files of a job."""
