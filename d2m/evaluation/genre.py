"""Genre accuracy: how often generated music is nearest to originals of the dance's genre.

After D2M-GAN (Zhu et al., ECCV 2022, Sec. 4.2), which compares segments by the features
of a VGG network trained on AudioSet (Hershey et al., 2017). Its weights are not part of
this project: `timbre_embedding` stands in for them, and a number says which embedding it
was measured with. The functions take the embeddings of either.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.errors import DataError
from d2m.evaluation.beats import music_beats
from d2m.levels import SAMPLE_RATE
from d2m.media.audio import checked, log_mel

FloatArray = NDArray[np.float64]

TIMBRE = "timbre statistics (no VGGish)"
"""What a number says that was measured with `timbre_embedding`."""
N_MELS = 64
RHYTHM_BANDS = 4
RHYTHM_LAGS = 16
"""Lags of the rhythm, in quarters of a beat: up to a bar of four."""
_HOP_LENGTH = 256
_LOUDNESS = 0.1


def timbre_embedding(audio: NDArray[Any], sample_rate: int = SAMPLE_RATE) -> FloatArray:
    """Describe the sound and rhythm of music by 256 numbers, without any network.

    Of log10-mel bands of the audio at a root mean square of 0.1 (so gain changes nothing):
    their means over time, their standard deviations and their mean absolute changes from
    frame to frame, 64 each; then of four groups of bands the autocorrelation of their
    onsets at 1 to 16 quarter beats, at the tempo that is found in the music (so tempo
    changes little; after the rhythm patterns of music retrieval, such as Peeters, "Rhythm
    Classification Using Spectral Rhythm Patterns", ISMIR 2005).

    The numbers have different scales: bring them to one with `standardised`. Compare only
    music of one sample rate, which sets the bands, and a few seconds long at least.

    Parameters
    ----------
    audio : (N,)
        Mono. Silence has all its means at -5, all else 0.
    sample_rate
        Samples a second (Hz).

    Returns
    -------
    (256,)
        Means, deviations, changes, rhythm (group by group).

    Raises
    ------
    AudioError
        If the audio is empty, not mono or not finite.
    """
    sound = checked(audio)
    level = float(np.sqrt(np.mean(np.square(sound, dtype=float))))
    if level > 0:
        sound = np.asarray(sound * (_LOUDNESS / level), dtype=np.float32)
    mel = log_mel(sound, sample_rate, N_MELS, _HOP_LENGTH).astype(float)
    change = np.diff(mel, axis=1, prepend=mel[:, :1])
    tempo_bpm, _ = music_beats(sound, sample_rate)
    frames_a_second = sample_rate / _HOP_LENGTH
    rhythm = _rhythm(change, 60.0 * frames_a_second / tempo_bpm if tempo_bpm else 0.0)
    return np.concatenate([mel.mean(axis=1), mel.std(axis=1), np.abs(change).mean(axis=1), rhythm])


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
    spread = theirs.std(axis=0)
    # What differs by rounding alone must not be blown up to a deviation of 1.
    varies = spread > 1e-9 * np.maximum(1.0, np.abs(theirs).max(axis=0))
    scores: FloatArray = (ours - theirs.mean(axis=0)) * varies / np.where(varies, spread, 1.0)
    return scores


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


def _rhythm(change: FloatArray, beat: float) -> FloatArray:
    """Return the autocorrelations (groups * lags,) of onsets, from changes of bands (B, T).

    ``beat`` is the length of a beat in frames, 0 where there is none.
    """
    pattern = np.zeros((RHYTHM_BANDS, RHYTHM_LAGS))
    lags = np.arange(1, RHYTHM_LAGS + 1) * beat / 4
    length = change.shape[1]
    if beat and lags[-1] < length - 1:
        for row, bands in zip(pattern, np.array_split(change, RHYTHM_BANDS), strict=True):
            onsets = np.maximum(bands, 0.0).mean(axis=0)
            onsets = onsets - onsets.mean()
            power = np.abs(np.fft.rfft(onsets, 2 * length)) ** 2
            correlation = np.fft.irfft(power)[:length]
            # Longer lags are sums of fewer terms.
            correlation = correlation / np.arange(length, 0, -1)
            if correlation[0] > 0:
                row[:] = np.interp(lags, np.arange(length), correlation / correlation[0])
    return pattern.ravel()


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
