"""Measure CMT on held-out pieces: how well it predicts them, and whether it follows a video."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from d2m.generation.baselines.bar_library import BEST_PHRASES, RETRIEVED_BARS, AskedBars, BarLibrary
from d2m.generation.baselines.cmt_sampling import CONTROL, WordSampler
from d2m.models.compound_transformer import FIELD_NAMES, CompoundTransformer
from d2m.perception.video_rhythm import VideoRhythm
from d2m.score.compound_words import (
    WORD_FIELDS,
    IntegerTable,
    decode_words,
    encode_words,
    simu_note_strengths,
)
from d2m.training.baselines.cmt_data import WordPiece, make_bar_library
from d2m.training.baselines.cmt_training import PREDICTED_IN

FOLLOWED_PIECES = 20
"""Held-out dances for which music is written. Chosen by hand."""
FOLLOWED_BARS = 8
"""Most bars that are written for each. Chosen by hand."""


def unigram_losses(pieces: Sequence[WordPiece], held_out: Sequence[WordPiece]) -> dict[str, float]:
    """Return the cross-entropy (nats) of each field if each value has its share in training.

    Parameters
    ----------
    pieces, held_out
        Pieces whose shares are counted, each value once more than it occurs, and pieces that
        are measured.
    """
    seen, measured = (
        np.concatenate([encode_words(piece.notes, piece.n_bars) for piece in each])
        for each in (pieces, held_out)
    )
    losses = {}
    for name, kinds in PREDICTED_IN.items():
        column = FIELD_NAMES.index(name)
        counts = np.bincount(seen[np.isin(seen[:, 0], kinds), column], minlength=WORD_FIELDS[name])
        shares = (counts + 1) / (counts + 1).sum()
        values = measured[np.isin(measured[:, 0], kinds), column]
        losses[name] = float(-np.log(shares[values]).mean())
    return losses


def follows_video(
    network: CompoundTransformer | None,
    library: BarLibrary,
    held_out: Sequence[WordPiece],
    *,
    control: float = CONTROL,
) -> dict[str, float]:
    """Write music for held-out dances and return how it follows their movement.

    Parameters
    ----------
    network
        The Transformer; None for the retrieval form.
    library
        Library of bars.
    held_out
        Pieces with the rhythm of their dancers.
    control
        Degree of control C.

    Returns
    -------
    dict
        ``density_correlation`` over ``bars`` bars, and ``strength_correlation`` over ``beats``
        visual beats: Pearson's, between what is asked and what is written. What is written on
        a tick without notes counts 0.
    """
    densities, strengths = [], []
    for number, piece in enumerate(held_out[:FOLLOWED_PIECES]):
        asked = asked_of(piece, library)
        rng = np.random.default_rng([25, number])
        if network is None:
            notes = library.retrieve(asked, piece.style, rng)
        else:
            words = WordSampler(network, piece.style, asked, control, rng).sample()
            notes = decode_words(words)
        written = simu_note_strengths(notes, len(asked.density))
        densities.append(np.stack([asked.density, (written > 0).sum(axis=1)]))
        beats = asked.strength > 0
        strengths.append(np.stack([asked.strength[beats], written[beats]]))
    density, strength = np.concatenate(densities, axis=1), np.concatenate(strengths, axis=1)
    return {
        "density_correlation": _correlation(density),
        "bars": float(density.shape[1]),
        "strength_correlation": _correlation(strength),
        "beats": float(strength.shape[1]),
    }


def _correlation(pair: IntegerTable) -> float:
    """Return Pearson's correlation of two rows; 0 if one is constant."""
    return float(np.corrcoef(pair)[0, 1]) if pair.std(axis=1).min() > 0 else 0.0


def retrieval_differences(library: BarLibrary, held_out: Sequence[WordPiece]) -> dict[str, float]:
    """Return how far the best phrases are from what held-out dances ask, and random ones.

    Parameters
    ----------
    library
        Library of bars.
    held_out
        Pieces with the rhythm of their dancers.

    Returns
    -------
    dict
        Means over ``phrases`` phrases of `BarLibrary.phrase_differences`: ``best_difference``
        of the `BEST_PHRASES`, of which one is drawn, and ``random_difference`` of all.
    """
    best, random = [], []
    for piece in held_out[:FOLLOWED_PIECES]:
        asked = asked_of(piece, library)
        starts = library.phrase_starts(library.style == piece.style, RETRIEVED_BARS)
        for begin in range(0, len(asked.density) - RETRIEVED_BARS + 1, RETRIEVED_BARS):
            part = slice(begin, begin + RETRIEVED_BARS)
            found = library.phrase_differences(AskedBars(*(each[part] for each in asked)), starts)
            best.append(float(np.sort(found)[:BEST_PHRASES].mean()))
            random.append(float(found.mean()))
    return {
        "best_difference": float(np.mean(best)),
        "random_difference": float(np.mean(random)),
        "phrases": float(len(best)),
    }


def asked_of(piece: WordPiece, library: BarLibrary) -> AskedBars:
    """Return what the dancer of a piece asks of at most `FOLLOWED_BARS` bars."""
    rhythm = VideoRhythm(tempo_bpm=0.0, bar_flow=piece.bar_flow, beat_weights=piece.beat_weights)
    return AskedBars(*(part[:FOLLOWED_BARS] for part in library.asked_bars(rhythm, piece.style)))


def cmt_report(
    network: CompoundTransformer, pieces: Sequence[WordPiece], held_out: Sequence[WordPiece]
) -> Iterator[str]:
    """Yield lines on how CMT does on held-out pieces, for people.

    Parameters
    ----------
    network
        The trained Transformer.
    pieces, held_out
        Pieces that it was trained on, and pieces that it was not.
    """
    library = make_bar_library(pieces)
    for name, loss in unigram_losses(pieces, held_out).items():
        yield f"{name}: {loss:.3f} nats by the share of each value in training"
    rows: dict[str, tuple[CompoundTransformer | None, float]] = {
        f"control {control}": (network, control) for control in (0.0, CONTROL, 1.0)
    }
    for name, (model, control) in (rows | {"retrieval": (None, 0.0)}).items():
        found = follows_video(model, library, held_out, control=control)
        yield f"{name}: " + ", ".join(f"{key} {value:.4g}" for key, value in found.items())
    found = retrieval_differences(library, held_out)
    yield "retrieval: " + ", ".join(f"{key} {value:.4g}" for key, value in found.items())
