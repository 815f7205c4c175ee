"""Errors meant for people: one sentence on what was wrong, expected, and to do next."""

from __future__ import annotations


class D2MError(Exception):
    """Base of every error whose message may be shown to a person as it is."""


class SettingsError(D2MError):
    """A setting has a value that the project does not know."""


class VideoError(D2MError):
    """A clip can't be read, or is outside the limits."""


class AudioError(D2MError):
    """Audio can't be read or written."""


class PoseError(D2MError):
    """The dancer can't be followed in the clip."""


class CheckpointError(D2MError):
    """Weights are missing, damaged, or made for another network."""


class DataError(D2MError):
    """Training or evaluation data is missing or not of the expected form."""


class JobError(D2MError):
    """A job in the worker process was stopped, ran out of time or memory, or died."""
