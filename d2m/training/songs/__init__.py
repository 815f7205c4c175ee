"""Procedural songs of ten genres on the code grid."""
