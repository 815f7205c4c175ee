"""Mix finished music with a clip's own sound at another balance, without generating it again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import AudioError
from d2m.core.progress import Progress
from d2m.core.settings import Settings
from d2m.media.clip_limits import display_name
from d2m.rendering.clip_cache import ClipCache
from d2m.rendering.mux import mux

# Longest music that is read (s); chosen by hand, five times the longest clip that is accepted.
_LONGEST_S = 600.0


def write_remix(
    cache: ClipCache,
    clip: Path,
    music: Path,
    target: Path,
    settings: Settings,
    progress: Progress,
) -> Path:
    """Write a clip with music that was made for it, and its own sound at another volume.

    The picture is that of the first result: it is neither encoded nor analysed again as long as
    the cache holds it.

    Parameters
    ----------
    cache
        Where the clip's picture and sound are.
    clip
        The clip as it was uploaded.
    music
        WAV file with the music of a finished job for the same part of the clip.
    target
        The MP4 to write, atomically.
    settings
        Their part of the clip, ``original`` and ``ducking`` are used.
    progress
        Called with the name of each stage and the share done.

    Returns
    -------
    Path
        The MP4.

    Raises
    ------
    VideoError
        If the clip can't be used.
    AudioError
        If the music can't be read, or the video can't be written.
    """
    samples, sample_rate, title = _read_music(music)
    cached = cache.split(clip, settings, progress)
    progress("Mixing the sound", 0.0)
    target.parent.mkdir(parents=True, exist_ok=True)
    mux(
        cached.files.picture,
        samples,
        target,
        own_sound=cached.files.sound if cached.files.sound.exists() else None,
        original_gain=settings.original,
        ducking=settings.ducking,
        sample_rate=sample_rate,
        info=cached.info,
        title=title,
    )
    progress("Mixing the sound", 1.0)
    return target


def _read_music(path: Path) -> tuple[NDArray[np.float32], int, str]:
    """Return music ``(C, N)``, its sample rate (Hz) and its title.

    Raises
    ------
    AudioError
        If it is no WAV file of one or two channels, or too long.
    """
    import soundfile

    try:
        with soundfile.SoundFile(path) as file:
            duration_s = file.frames / file.samplerate
            if file.format != "WAV" or file.channels > 2 or not 0 < duration_s <= _LONGEST_S:
                raise _no_music(path)
            title = str(file.title or path.stem)
            samples = file.read(dtype="float32", always_2d=True)
            return np.ascontiguousarray(samples.T), int(file.samplerate), title
    except (soundfile.LibsndfileError, OSError) as cause:
        raise _no_music(path) from cause


def _no_music(path: Path) -> AudioError:
    return AudioError(
        f"The file {display_name(path)} is not music of D2M: use the WAV file of a finished job."
    )
