"""What a codec keeps of audio: spectra and notes of the copy against the original."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from d2m.audio.waveform import Audio
from d2m.benchmark.listeners import Transcribe
from d2m.benchmark.transcription import (
    LOWEST_PITCH,
    note_f_measure,
    pitch_correlation,
)
from d2m.benchmark.unseen_pieces import UnseenPiece, music_excerpts
from d2m.generation.compact import CompactModel
from d2m.metrics.codec import codec_distances

Figures = dict[str, float]
"""Values by name."""

_WHOLE_SAMPLES = 2048  # the codecs read whole frames, of 512 samples at most


def codec_copy(model: CompactModel, audio: NDArray[Any]) -> Audio:
    """Encode and decode mono audio (N,), padded with silence to whole frames in between."""
    copy = model.decode(model.encode(whole_frames(audio)))
    return np.asarray(copy[: len(audio)], dtype=np.float32)


def whole_frames(audio: NDArray[Any]) -> Audio:
    """Pad mono audio (N,) with silence to the whole frames that codecs read."""
    sound = np.asarray(audio, dtype=np.float32)
    return np.pad(sound, (0, -len(sound) % _WHOLE_SAMPLES))


def spectral_figures(copy: Audio, original: Audio) -> Figures:
    """Return the log-mel L1 (decades) and the spectral convergence of a copy."""
    distances = codec_distances(copy, original)
    return {
        "codec_log_mel": distances.log_mel_l1,
        "codec_convergence": distances.spectral_convergence,
    }


def notes_kept(name: str, copy: Audio, original: Audio, transcribe: Transcribe | None) -> Figures:
    """Compare the notes from `LOWEST_PITCH` that are heard in a copy and in the original.

    Returns
    -------
    dict
        By keys that begin with a name: the F-measure of the notes, the correlation of the
        pitches that sound, and the number of notes in the original. Empty if nobody listens.
    """
    if transcribe is None:
        return {}
    heard, reference = (transcribe(one).above(LOWEST_PITCH) for one in (copy, original))
    return {
        name: note_f_measure(heard, reference),
        f"{name}_pitch": pitch_correlation(heard, reference),
        f"{name}_count": float(len(reference.pitches)),
    }


def piece_copy_figures(
    model: CompactModel, piece: UnseenPiece, copy: Audio, transcribe: Transcribe | None
) -> Figures:
    """Measure the copy of a piece, and the notes kept with and without drums."""
    figures = spectral_figures(copy, piece.studio)
    if transcribe is not None:
        figures |= notes_kept("notes_mix", copy, piece.studio, transcribe)
        tonal_copy = codec_copy(model, piece.tonal)
        figures |= notes_kept("notes_tonal", tonal_copy, piece.tonal, transcribe)
    return figures


def music_copy_figures(
    models: dict[str, CompactModel], folder: Path, transcribe: Transcribe | None
) -> list[dict[str, Any]]:
    """Measure the copies of excerpts of recorded music.

    Returns
    -------
    list of dict
        ``track`` and ``start_s`` (s) of the excerpt, and its figures by level in ``levels``.
    """
    measured = []
    for track, start_s, excerpt in tqdm(list(music_excerpts(folder)), desc="music", unit="excerpt"):
        levels = {}
        for level, model in models.items():
            copy = codec_copy(model, excerpt)
            figures = {f"music_{key}": value for key, value in
                       spectral_figures(copy, excerpt).items()}  # fmt: skip
            figures |= notes_kept("music_notes", copy, excerpt, transcribe)
            levels[level] = figures
        measured.append({"track": track, "start_s": start_s, "levels": levels})
    return measured
