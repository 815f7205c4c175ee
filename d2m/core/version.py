"""The version of the package, as reports state it."""

__version__ = "0.1.0"
