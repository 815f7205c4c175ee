"""Notes that a transcriber hears in audio, and how many of them two recordings share.

The network is *basic-pitch* (Bittner et al., "A Lightweight Instrument-Agnostic Model for
Polyphonic Note Transcription and Multipitch Estimation", ICASSP 2022). Its ONNX file comes with
the PyPI package ``basic-pitch`` 0.4.0 (Apache-2.0), which is not installed: it lies in a folder
together with ``onnxruntime``, which runs it.

    pip install --no-deps --target FOLDER basic-pitch==0.4.0 onnxruntime flatbuffers

The thresholds are the package's defaults. Only notes with an onset are made; the package also
makes notes of what is left without one.
"""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

MODEL_FILE = Path("basic_pitch", "saved_models", "icassp_2022", "nmp.onnx")
"""The network within the folder of libraries."""
TRANSCRIBER_RATE, TRANSCRIBER_HOP = 22_050, 256
"""Sample rate (Hz) of the network's input, and samples of one frame of its output."""
ONSET_THRESHOLD, FRAME_THRESHOLD = 0.5, 0.3
"""Probability from which a note begins, and from which it sounds on."""
SHORTEST_NOTE, LONGEST_DIP = 11, 11
"""Frames (12 ms) that a note is longer than, and after which a faint note has ended."""
LOWEST_PITCH = 48
"""Lowest pitch that counts (MIDI, C3): chords and melodies lie above it, basses mostly below."""
ONSET_TOLERANCE_S, PITCH_TOLERANCE_CENTS = 0.05, 50.0
"""Largest distance of two notes that are the same: the defaults of mir_eval."""
FEWEST_NOTES = 5
"""Least notes of a recording that is compared; of fewer, each decides too much."""
_INPUT = "serving_default_input_2:0"
_OUTPUTS = ("StatefulPartitionedCall:1", "StatefulPartitionedCall:2")  # frames, onsets
_WINDOW, _WINDOW_FRAMES, _EDGE_FRAMES = 43_844, 172, 15  # samples; frames; left out at each end
_FIRST_PITCH = 21  # MIDI, of the first of 88 rows


@dataclass(frozen=True, kw_only=True, eq=False)
class HeardNotes:
    """Notes that were heard, sorted by onset and pitch.

    Parameters
    ----------
    starts_s, ends_s : (N,)
        Onsets and ends (s).
    pitches : (N,)
        MIDI pitches.
    sounding : (T, 88)
        Probability that each pitch from 21 (A0) sounds in each frame.
    """

    starts_s: FloatArray
    ends_s: FloatArray
    pitches: NDArray[np.int64]
    sounding: NDArray[np.float32]

    def above(self, lowest: int) -> HeardNotes:
        """Return the notes of at least a pitch (MIDI)."""
        kept = self.pitches >= lowest
        return HeardNotes(
            starts_s=self.starts_s[kept],
            ends_s=self.ends_s[kept],
            pitches=self.pitches[kept],
            sounding=self.sounding[:, max(0, lowest - _FIRST_PITCH) :],
        )


class Transcriber:
    """The network, on one thread.

    Parameters
    ----------
    folder
        Folder of libraries with ``basic_pitch`` and ``onnxruntime``.

    Raises
    ------
    ValueError
        If one of them is missing.
    """

    def __init__(self, folder: Path) -> None:
        if not (folder / MODEL_FILE).is_file():
            raise ValueError(f"{folder} does not hold basic-pitch 0.4.0.")
        if str(folder) not in sys.path:
            sys.path.append(str(folder))
        try:
            onnxruntime: Any = importlib.import_module("onnxruntime")
        except ImportError as error:
            raise ValueError(f"{folder} does not hold onnxruntime: {error}") from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(folder / MODEL_FILE), options, providers=["CPUExecutionProvider"]
        )

    def __call__(self, audio: NDArray[Any]) -> HeardNotes:
        """Transcribe mono audio (N,) at 22,050 Hz."""
        windows, n_frames = windows_of(audio)
        outputs = [self._session.run(list(_OUTPUTS), {_INPUT: one[None]}) for one in windows]
        kept = slice(_EDGE_FRAMES, _WINDOW_FRAMES - _EDGE_FRAMES)
        frames, onsets = (
            np.concatenate([output[index][0][kept] for output in outputs])[:n_frames]
            for index in (0, 1)
        )
        return notes_from(frames, onsets)


def windows_of(audio: NDArray[Any]) -> tuple[NDArray[np.float32], int]:
    """Cut audio (N,) into the windows (W, 43844, 1) of the network, and count all frames."""
    sound = np.asarray(audio, dtype=np.float32)
    step = (_WINDOW_FRAMES - 2 * _EDGE_FRAMES) * TRANSCRIBER_HOP
    n_windows = max(1, -(-len(sound) // step))
    before = _EDGE_FRAMES * TRANSCRIBER_HOP
    after = (n_windows - 1) * step + _WINDOW - before - len(sound)
    padded = np.pad(sound, (before, max(0, after)))
    starts = np.arange(n_windows) * step
    windows = np.stack([padded[start : start + _WINDOW] for start in starts])
    return windows[..., None], len(sound) // TRANSCRIBER_HOP


def notes_from(frames: NDArray[Any], onsets: NDArray[Any]) -> HeardNotes:
    """Make notes from the probabilities (T, 88) that a pitch sounds, and that it begins.

    Later notes come first: an earlier note of the same pitch ends where they begin. A note also
    silences the neighbouring semitones while it sounds.
    """
    strengths = np.maximum(onsets, _rises(frames, float(onsets.max(initial=0.0))))
    before, after = (np.roll(strengths, shift, axis=0) for shift in (1, -1))
    peaks = (strengths > before) & (strengths > after) & (strengths >= ONSET_THRESHOLD)
    peaks[[0, -1]] = False
    left, found = np.array(frames, dtype=float), []
    for start, row in np.argwhere(peaks)[::-1]:
        end = _end_of(left[:, row], int(start))
        if end - start > SHORTEST_NOTE:
            left[start:end, max(0, row - 1) : row + 2] = 0.0
            found.append((start, end, row + _FIRST_PITCH))
    notes = np.array(sorted(found), dtype=np.int64).reshape(-1, 3)
    times_s = notes[:, :2] * (TRANSCRIBER_HOP / TRANSCRIBER_RATE)
    return HeardNotes(
        starts_s=times_s[:, 0],
        ends_s=times_s[:, 1],
        pitches=notes[:, 2],
        sounding=np.asarray(frames, dtype=np.float32),
    )


def note_f_measure(heard: HeardNotes, reference: HeardNotes) -> float:
    """Return the F-measure of notes with the same onset and pitch; their ends do not count.

    Returns
    -------
    float
        0 to 1; NaN if the reference has fewer than `FEWEST_NOTES` notes.
    """
    if len(reference.pitches) < FEWEST_NOTES:
        return float("nan")
    if not len(heard.pitches):
        return 0.0
    from mir_eval.transcription import precision_recall_f1_overlap

    # Two spans with frequencies (Hz) each.
    given = []
    for notes in (reference, heard):
        given.append(np.stack([notes.starts_s, notes.ends_s], axis=1))
        given.append(440.0 * 2.0 ** ((notes.pitches - 69) / 12))
    scores = precision_recall_f1_overlap(
        *given,
        onset_tolerance=ONSET_TOLERANCE_S,
        pitch_tolerance=PITCH_TOLERANCE_CENTS,
        offset_ratio=None,
    )
    return float(scores[2])


def pitch_correlation(heard: HeardNotes, reference: HeardNotes) -> float:
    """Return the correlation of the probabilities that each pitch sounds in each frame.

    Unlike the F-measure of notes, it has no thresholds, so inaudible changes hardly lower it.

    Returns
    -------
    float
        -1 to 1; NaN if nothing changes in one of them.
    """
    length = min(len(heard.sounding), len(reference.sounding))
    one, other = (notes.sounding[:length].ravel().astype(float) for notes in (heard, reference))
    if not length or one.std() == 0 or other.std() == 0:
        return float("nan")
    return float(np.corrcoef(one, other)[0, 1])


def _rises(frames: NDArray[Any], largest: float) -> FloatArray:
    """Return by how much each probability rises over one and two frames, scaled to a largest."""
    padded = np.pad(np.asarray(frames, dtype=float), ((2, 0), (0, 0)))
    rises = np.minimum(padded[2:] - padded[1:-1], padded[2:] - padded[:-2]).clip(0.0)
    rises[:2] = 0.0
    return np.asarray(rises * (largest / max(float(rises.max(initial=0.0)), 1e-9)))


def _end_of(curve: FloatArray, start: int) -> int:
    """Return the first of the frames over which a note that began at a frame stays faint."""
    faint = 0
    for index in range(start + 1, len(curve)):
        faint = faint + 1 if curve[index] < FRAME_THRESHOLD else 0
        if faint == LONGEST_DIP:
            return index + 1 - faint
    return len(curve) - faint
