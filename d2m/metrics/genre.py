"""Genre accuracy: how often generated music is nearest to originals of the dance's genre.

After D2M-GAN (Zhu et al., ECCV 2022, Sec. 4.2), which compares segments by the features
of a VGG network trained on AudioSet (Hershey et al., 2017; `d2m.models.vggish`). Its weights
are not part of this project: where they are not installed, `timbre_embedding` stands in for
them, and a number says which embedding it was measured with. The functions take the
embeddings of either.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.audio.waveform import checked, log_mel
from d2m.core.errors import DataError
from d2m.core.levels import SAMPLE_RATE

FloatArray = NDArray[np.float64]

N_MELS = 64
SWING_BANDS = 16
SWINGS_HZ = (0.5, 1.0, 1.5, 2.5, 4.0, 6.0, 10.0, 17.5, 30.0)
"""Edges of the ranges of speed in which the swings of bands are measured (Hz)."""
N_CEPSTRA = 24
_HOP_LENGTH = 256
_LOUDNESS = 0.1
# Mel amplitudes at that loudness: what lies under it is where codecs put noise of their own.
_FLOOR = 0.3
_FAINT_SWING = 1e-4


def timbre_embedding(audio: NDArray[Any], sample_rate: int = SAMPLE_RATE) -> FloatArray:
    """Describe the sound of music by 660 numbers, without any network.

    All are statistics of ``log10(mel + 0.3)`` over time, of the audio at a root mean square
    of 0.1 (so gain changes nothing): of 64 bands the means, the standard deviations, the
    mean absolute changes from frame to frame, and the skewness; how strongly 16 groups of
    bands swing in eight ranges of speed from 0.5 to 30 Hz; and the correlations among 24
    cepstral coefficients, which say what sounds together.

    The numbers have different scales: bring them to one with `standardised`. Compare only
    music of one sample rate, which sets the bands, and of like length, a second at least.

    Parameters
    ----------
    audio : (N,)
        Mono.
    sample_rate
        Samples a second (Hz).

    Returns
    -------
    (660,)
        Means, deviations, changes, skewness, swings (group by group), correlations.

    Raises
    ------
    AudioError
        If the audio is empty, not mono or not finite.
    """
    sound = checked(audio)
    level = float(np.sqrt(np.mean(np.square(sound, dtype=float))))
    if level > 0:
        sound = np.asarray(sound * (_LOUDNESS / level), dtype=np.float32)
    amplitude = 10.0 ** log_mel(sound, sample_rate, N_MELS, _HOP_LENGTH).astype(float)
    mel = np.log10(amplitude + _FLOOR)
    mean, deviation = mel.mean(axis=1), mel.std(axis=1)
    rest = mel - mean[:, None]
    change = np.abs(np.diff(mel, axis=1, prepend=mel[:, :1])).mean(axis=1)
    skewness = (rest**3).mean(axis=1) / (deviation**3 + 1e-3)
    swings = _swings(rest, sample_rate / _HOP_LENGTH)
    return np.concatenate([mean, deviation, change, skewness, swings, _correlations(rest)])


def standardised(embeddings: NDArray[Any], originals: NDArray[Any]) -> FloatArray:
    """Return z-scores: each dimension less its mean, over its deviation, among originals.

    Parameters
    ----------
    embeddings : (N, D)
        What is scaled; the originals themselves, too, before they are compared with it.
    originals : (M, D)
        What sets the scale; a dimension that is the same in all of them becomes 0.

    Returns
    -------
    (N, D)

    Raises
    ------
    DataError
        If there are no originals, or the dimensions differ.
    """
    ours, theirs = _tables(embeddings, originals)
    centre, scale = standard_scale(theirs)
    scores: FloatArray = (ours - centre) * scale
    return scores


def standard_scale(originals: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the means (D,) of originals (M, D), and one over their deviations; 0 for none."""
    spread = originals.std(axis=0)
    # What differs by rounding alone must not be blown up to a deviation of 1.
    varies = spread > 1e-9 * np.maximum(1.0, np.abs(originals).max(axis=0))
    return originals.mean(axis=0), varies / np.where(varies, spread, 1.0)


def nearest_genres(
    generated: NDArray[Any],
    originals: NDArray[Any],
    genres: NDArray[Any],
    excluded: NDArray[np.bool_] | None = None,
) -> NDArray[Any]:
    """Return the genre of the original that is nearest to each generated segment.

    Parameters
    ----------
    generated, originals : (N, D), (M, D)
        Embeddings; the distance is Euclidean. Of equally near ones the first counts.
    genres : (M,)
        Genre of each original, names or numbers.
    excluded : (N, M), optional
        True where a segment must not be matched, as with the very segment of music that
        its dance was danced to: ``takes[:, None] == original_takes``.

    Returns
    -------
    (N,)
        Of the type of ``genres``; empty if nothing was generated.

    Raises
    ------
    DataError
        If the shapes don't agree, a value is no number, or all originals are excluded for
        a segment.
    """
    ours, theirs = _tables(generated, originals)
    genres = np.asarray(genres)
    shape = (len(ours), len(theirs))
    allowed = np.ones(shape, bool) if excluded is None else ~np.asarray(excluded, dtype=bool)
    if genres.shape != shape[1:] or allowed.shape != shape:
        raise DataError(
            f"{shape[0]} segments and {shape[1]} originals need {shape[1]} genres and exclusions "
            f"of the shape {shape}, but have {genres.shape} and {allowed.shape}."
        )
    if not allowed.any(axis=1).all():
        raise DataError("All originals of a segment are excluded: leave at least one.")
    nearest = [
        int(np.argmin(np.where(may, np.square(theirs - one).sum(axis=1), np.inf)))
        for one, may in zip(ours, allowed, strict=True)
    ]
    found: NDArray[Any] = genres[np.array(nearest, dtype=int)]
    return found


def genre_accuracy(
    generated: NDArray[Any],
    wanted: NDArray[Any],
    originals: NDArray[Any],
    genres: NDArray[Any],
    excluded: NDArray[np.bool_] | None = None,
) -> float:
    """Return the share, 0 to 1, of segments whose nearest original has the wanted genre.

    With ten equally frequent genres chance is 0.1. As published, excluding nothing.

    Parameters
    ----------
    generated, originals : (N, D), (M, D)
        Embeddings.
    wanted, genres : (N,), (M,)
        Genre of each dance, and of each original.
    excluded : (N, M), optional
        See `nearest_genres`.

    Returns
    -------
    float
        0 if nothing was generated.

    Raises
    ------
    DataError
        See `nearest_genres`; or if there is not one wanted genre a segment.
    """
    found = nearest_genres(generated, originals, genres, excluded)
    wanted = np.asarray(wanted)
    if wanted.shape != found.shape:
        raise DataError(f"{len(found)} segments need as many genres, but have {wanted.shape}.")
    return float(np.mean(found == wanted)) if len(found) else 0.0


def leave_one_out_accuracy(
    embeddings: NDArray[Any], genres: NDArray[Any], groups: NDArray[Any] | None = None
) -> float:
    """Return the genre accuracy of segments among the others: how well an embedding tells genres.

    Measured on originals it is what the genre accuracy of perfect music would be.

    Parameters
    ----------
    embeddings : (M, D)
        Each is matched with the nearest one of another group.
    genres : (M,)
        Genre of each.
    groups : (M,), optional
        What must not be matched with each other, such as the takes of one song; by default
        no segment with itself.

    Returns
    -------
    float
        0 to 1; 0 for no segments.

    Raises
    ------
    DataError
        If the shapes don't agree, or a segment has none to be matched with.
    """
    if not len(embeddings):
        return 0.0
    groups = np.arange(len(embeddings)) if groups is None else np.asarray(groups)
    same = groups[:, None] == groups
    return genre_accuracy(embeddings, genres, embeddings, genres, same)


def _swings(rest: FloatArray, frames_a_second: float) -> FloatArray:
    """Return how strongly groups of bands swing (groups * ranges,), from bands (B, T)."""
    length = rest.shape[1]
    groups = rest.reshape(SWING_BANDS, -1, length).mean(axis=1)
    strength = np.abs(np.fft.rfft(groups, axis=1)) / length
    hertz = np.fft.rfftfreq(length, 1.0 / frames_a_second)
    found = np.zeros((SWING_BANDS, len(SWINGS_HZ) - 1))
    for column, (low, high) in enumerate(pairwise(SWINGS_HZ)):
        # Whole periods of a segment of 2 s fall on the edges, up to rounding.
        among = (hertz >= 0.98 * low) & (hertz < 0.98 * high)
        if among.any():
            found[:, column] = strength[:, among].mean(axis=1)
    return np.asarray(np.log10(found + _FAINT_SWING).ravel())


def _correlations(rest: FloatArray) -> FloatArray:
    """Return the correlations (pairs,) of cepstral coefficients over time, from bands (B, T)."""
    bands = np.arange(N_MELS) + 0.5
    orders = np.arange(N_CEPSTRA)[:, None]
    cepstra = np.cos(np.pi / N_MELS * orders * bands) @ rest * np.sqrt(2.0 / N_MELS)
    cepstra[0] /= np.sqrt(2.0)
    covariance = cepstra @ cepstra.T / rest.shape[1]
    deviation = np.sqrt(np.diag(covariance)) + 1e-6
    pairs = np.triu_indices(N_CEPSTRA, 1)
    return np.asarray((covariance / np.outer(deviation, deviation))[pairs])


def _tables(embeddings: NDArray[Any], originals: NDArray[Any]) -> tuple[FloatArray, FloatArray]:
    """Return both as numbers (N, D), (M, D)."""
    ours, theirs = np.asarray(embeddings, dtype=float), np.asarray(originals, dtype=float)
    if theirs.ndim != 2 or not len(theirs):
        raise DataError(
            f"The originals have the shape {theirs.shape}: expected one embedding a row, and at "
            "least one."
        )
    if not ours.size:
        ours = ours.reshape(0, theirs.shape[1])
    if ours.ndim != 2 or ours.shape[1] != theirs.shape[1]:
        raise DataError(
            f"Embeddings of the shape {ours.shape} can't be compared with originals of the shape "
            f"{theirs.shape}: make both by the same embedding."
        )
    if not (np.isfinite(ours).all() and np.isfinite(theirs).all()):
        raise DataError("An embedding holds values that are no numbers.")
    return ours, theirs
