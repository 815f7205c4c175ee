"""Annotated beats of real clips: how they are read, and which clip they belong to.

Three forms are read. The first is a JSON file with an entry for each clip, named as the file
of the clip, with or without its ending::

    {"street.mp4": {"beats_s": [0.24, 0.91, ...], "tempo_bpm": 87.6, "title": "street solo"},
     "trio": [0.22, 0.67, ...], "about": "Tapped by two people."}

``tempo_bpm`` is the median of the beats unless given, ``title`` is the name in reports, and
``disputed`` is true if it is not certain that these are the beats. ``note`` is for people only,
and ``about``, a sentence on how the beats were found, is shown in the report.

The second form is a folder of text files named as the clips, such as ``street.txt`` or
``street.beats``, with one beat on each line: its time (s) comes first, and what follows on the
line is not read. The third, for the beats of the clips' own sound, is made by `consensus_beats`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import DataError
from d2m.metrics.beats import TEMPO_TOLERANCE, beat_f_measure
from d2m.perception.sound_beats import SoundBeats

FloatArray = NDArray[np.float64]

CLIP_ENDINGS = (".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".webm")
"""Endings of files in a folder that are taken for clips."""
BEAT_ENDINGS = (".beats", ".txt")
"""Endings of text files with the beats of one clip."""
MIN_TRUE_BEATS = 4
"""Least number of annotated beats of a clip. Chosen by hand: fewer show no tempo."""
CONSENSUS_F = 0.8
"""Least F-measure (70 ms, octave aside) between two trackers that agree. Chosen by hand."""

_MAX_BEATS_BYTES = 10_000_000  # of a file with beats; chosen by hand
_MAX_TITLE, _MAX_ORIGIN = 200, 2000  # characters
_MAX_TEMPO = 1000.0  # BPM
_MAX_NUMBER = 1e9  # of a time (s): larger ones are mistakes


@dataclass(frozen=True, kw_only=True, eq=False)
class TrueBeats:
    """The annotated beats of one clip.

    Parameters
    ----------
    title
        Name of the clip in reports.
    tempo_bpm
        Tempo of its music (BPM).
    beats_s : (N,)
        Ascending times (s), at least `MIN_TRUE_BEATS`.
    disputed
        Whether it is not certain that these are the beats. Such clips count in no goal.
    """

    title: str
    tempo_bpm: float
    beats_s: FloatArray
    disputed: bool = False


def find_clips(folder: Path) -> dict[str, Path]:
    """Return the clips in a folder by file name, sorted.

    Raises
    ------
    DataError
        If the folder does not exist or contains no clip.
    """
    if not folder.is_dir():
        raise DataError(f"The folder {folder} does not exist: give a folder of dance clips.")
    clips = sorted(path for path in folder.iterdir() if path.suffix.lower() in CLIP_ENDINGS)
    if not clips:
        raise DataError(
            f"The folder {folder} contains no clips: expected files ending in "
            f"{', '.join(CLIP_ENDINGS)}."
        )
    return {path.name: path for path in clips}


def read_true_beats(path: Path, clips: dict[str, Path]) -> dict[str, TrueBeats]:
    """Read the beats of clips from a JSON file or a folder of text files.

    Parameters
    ----------
    path
        File or folder, see the top of this module.
    clips
        Clips by file name. Beats of other clips are left out.

    Returns
    -------
    dict
        Beats by the file name of the clip, in the order of the clips.

    Raises
    ------
    DataError
        If the file can't be read, an entry is no list of beats, or no clip has beats.
    """
    if path.is_dir():
        texts = sorted(file for file in path.iterdir() if file.suffix.lower() in BEAT_ENDINGS)
        entries = {file.stem: _times_in_text(file) for file in texts if _clip_of(file.stem, clips)}
    else:
        entries = _json_entries(path)
    found: dict[str, TrueBeats] = {}
    for name, entry in entries.items():
        clip = _clip_of(name, clips)
        if clip:
            found[clip] = _true_beats(name, entry, path)
    titles = [one.title for one in found.values()]
    if len(set(titles)) < len(titles):
        raise DataError(f"Two clips in {path.name} have the same title: give each its own.")
    if not found:
        raise DataError(
            f"{path.name} has beats of none of the clips: name its entries as the files of the "
            "clips."
        )
    return {name: found[name] for name in clips if name in found}


def beats_origin(path: Path) -> str:
    """Return the sentence on how the beats in a JSON file were found; empty without one."""
    about = "" if path.is_dir() else _json_entries(path).get("about", "")
    return about[:_MAX_ORIGIN] if isinstance(about, str) else ""


def consensus_beats(
    title: str, sound: SoundBeats, second_s: FloatArray
) -> tuple[TrueBeats | None, str]:
    """Take the beats of a clip's own sound for the truth if two trackers agree on them.

    Parameters
    ----------
    title
        Name of the clip in reports.
    sound
        Beats by the first tracker, which are the truth.
    second_s : (M,)
        Beats (s) by a second tracker.

    Returns
    -------
    beats, reason
        The beats, or None and why there are none.
    """
    if not sound.has_beat or len(sound.beats_s) < MIN_TRUE_BEATS:
        return None, sound.reason or "the clip's sound has too few beats"
    agreement = octave_f_measure(second_s, sound.beats_s)
    if agreement < CONSENSUS_F:
        return None, f"two trackers disagree on the beats of its sound (F {agreement:.2f})"
    truth = TrueBeats(title=title, tempo_bpm=sound.tempo_bpm, beats_s=sound.beats_s)
    return truth, ""


def median_tempo(beats_s: FloatArray) -> float:
    """Return the tempo (BPM) of the median gap of beats (s); NaN for fewer than two."""
    return 60.0 / float(np.median(np.diff(beats_s))) if len(beats_s) > 1 else float("nan")


def octave_variants(beats_s: FloatArray, reference_s: FloatArray) -> list[FloatArray]:
    """Bring beats to the octave of a reference: as they are, halved or doubled.

    Parameters
    ----------
    beats_s, reference_s : (B,), (R,)
        Ascending beat times (s).

    Returns
    -------
    list
        The beats with one added between every two if their tempo is nearer to half the
        reference's than to its own; every second of them, from the first and from the second,
        if it is nearer to twice that; else the beats as they are.
    """
    ratio = median_tempo(reference_s) / median_tempo(beats_s)
    octave = round(float(np.clip(np.log2(ratio), -1, 1))) if np.isfinite(ratio) else 0
    if octave > 0:
        index = np.arange(len(beats_s))
        return [np.interp(np.arange(2 * len(beats_s) - 1) / 2, index, beats_s)]
    return [beats_s[::2], beats_s[1::2]] if octave < 0 else [beats_s]


def octave_f_measure(
    beats_s: FloatArray, reference_s: FloatArray, tolerance_s: float = 0.07
) -> float:
    """Compute the F-measure with half and double tempo allowed.

    Parameters
    ----------
    beats_s, reference_s : (B,), (R,)
        Ascending beat times (s). The beats are compared as they are, and as
        `octave_variants` brings them to the octave of the reference.
    tolerance_s
        Largest distance of matched beats (s).

    Returns
    -------
    float
        The best of these F-measures, 0 to 1.
    """
    variants = [beats_s, *octave_variants(beats_s, reference_s)]
    return max(beat_f_measure(one, reference_s, tolerance_s) for one in variants)


def octave_name(tempo_bpm: float, true_bpm: float) -> str:
    """Return ``"half"``, ``"same"`` or ``"double"`` for a tempo within 4 %, else ``"other"``."""
    for name, factor in (("same", 1.0), ("half", 0.5), ("double", 2.0)):
        if abs(tempo_bpm / (factor * true_bpm) - 1.0) <= TEMPO_TOLERANCE:
            return name
    return "other"


def _clip_of(name: str, clips: dict[str, Path]) -> str:
    """Return the file name of the clip with a name or a stem; empty without one."""
    if name in clips:
        return name
    return next((clip for clip in clips if Path(clip).stem == name), "")


def _json_entries(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > _MAX_BEATS_BYTES:
            raise DataError(f"{path.name} is too large for a file of beats.")
        entries = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DataError(f"The file {path} does not exist: give annotated beats.") from error
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(
            f"{path.name} can't be read as JSON: expected an object with the beats of each clip."
        ) from error
    if not isinstance(entries, dict):
        raise DataError(
            f"{path.name} holds no object: expected the beats (s) of each clip by its file name."
        )
    return entries


def _times_in_text(path: Path) -> list[float]:
    """Return the first number of each line of a text file."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        return [float(line.replace(",", " ").split()[0]) for line in lines if line.strip()]
    except (OSError, ValueError, IndexError) as error:
        raise DataError(f"{path.name} can't be read: expected a beat time (s) in each line.") from (
            error
        )


def _true_beats(name: str, entry: Any, path: Path) -> TrueBeats:
    """Check one entry."""
    fields = entry if isinstance(entry, dict) else {"beats_s": entry}
    beats_s = np.array([*_numbers(fields.get("beats_s"))])
    ascending = len(beats_s) >= MIN_TRUE_BEATS and bool(np.all(np.diff(beats_s) > 0))
    if not ascending or not np.all(np.isfinite(beats_s)) or beats_s[0] < 0:
        raise DataError(
            f"The beats of {name} in {path.name} can't be used: expected at least "
            f"{MIN_TRUE_BEATS} ascending times in seconds."
        )
    tempo = fields.get("tempo_bpm", median_tempo(beats_s))
    (tempo_bpm,) = _numbers([tempo])
    if not 0 < tempo_bpm < _MAX_TEMPO:
        raise DataError(f"The tempo of {name} in {path.name} can't be used: expected BPM over 0.")
    title = str(fields.get("title") or Path(name).stem)[:_MAX_TITLE]
    disputed = bool(fields.get("disputed", False))
    return TrueBeats(title=title, tempo_bpm=tempo_bpm, beats_s=beats_s, disputed=disputed)


def _numbers(values: Any) -> Iterator[float]:
    """Yield the numbers of a list; NaN for what is none."""
    for value in values if isinstance(values, list) else []:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        yield float(value) if is_number and abs(value) < _MAX_NUMBER else float("nan")
