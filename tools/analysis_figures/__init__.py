"""What each candidate for a faster analysis of clips gains, and what it loses in accuracy."""
