"""The sub-genres: real kinds of dance music, described by what makes them. Plain data."""
