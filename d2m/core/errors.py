"""Errors with one sentence for people: what was wrong, what was expected, what to do next."""

from __future__ import annotations


class D2MError(Exception):
    """Base of all errors whose message may be shown to a person unchanged."""


class SettingsError(D2MError):
    """A setting has an unknown value, or one out of its range."""


class OutputError(D2MError):
    """No files can be written where the results should go."""


class VideoError(D2MError):
    """A clip can't be read, or exceeds a limit."""


class AudioError(D2MError):
    """Audio can't be read or written."""


class PoseError(D2MError):
    """No dancer can be tracked in the clip."""


class CheckpointError(D2MError):
    """Weights are missing, damaged, or belong to another network."""


class DataError(D2MError):
    """Data for training or evaluation is missing, or has an unexpected format."""


class JobError(D2MError):
    """A job in a worker process was stopped, ran out of time or memory, or crashed."""


class RefusedJobError(JobError):
    """The input or a setting of a job can't be used: another try would end the same."""


class StorageError(JobError):
    """A job could not write its files, such as on a full disk."""
