"""Measure codecs and generators on the pieces of a corpus."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from d2m.audio.waveform import Audio
from d2m.benchmark.genre_classifier import GenreClassifier
from d2m.benchmark.metric_table import (
    CODEC,
    GENERATED,
    ORIGINAL,
    OTHER_DANCE,
    RANDOM,
    REVERSED,
    SHUFFLED,
    ZEROED,
    FloatArray,
    Rows,
)
from d2m.benchmark.originals import Original, evenly_spaced
from d2m.benchmark.piece_codes import piece_codes, quarter_beat_early, random_codes
from d2m.benchmark.results import Curves, Figures, LevelResults
from d2m.benchmark.scoring import Scores, ScoreTable, accent_curve, music_scores
from d2m.core.levels import SAMPLE_RATE
from d2m.core.metrical_grid import PHRASE_STEPS, STEPS_PER_BAR
from d2m.core.styles import STYLES, songs_of, style_named
from d2m.generation.compact import CompactModel, choose_song
from d2m.metrics.codec import codebook_usage, codec_distances, log_mel_l1
from d2m.metrics.diversity import embedding_distances, log_mel_distances, mean_pair_distance
from d2m.models.vqvae import CODEBOOK_SIZE

ABLATION_PIECES = 10
"""Pieces for which inputs are changed and random codes are decoded. Chosen by hand."""
RANDOM_CODEC_PIECES = 3
"""Pieces of random codes for the codec; few are enough, since all sound alike."""
DIVERSITY_DANCES, DIVERSITY_CHOICES = 4, 4
"""Dances, and seeds or styles for each, between which distances are measured."""
DIVERSITY_S = 10.0
"""Length of the music compared for diversity (s)."""
SPEED_S, SPEED_THREADS, SPEED_RUNS = 10.0, 2, 5
"""Length of the timed music (s), torch threads, and number of runs."""
STYLE_OFFSET = 5
"""Position of the other style after a piece's own, of ten. Chosen by hand."""


def derangement(count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw a random permutation (count,) without fixed points, for at least two items."""
    order = rng.permutation(count)
    other = np.empty(count, dtype=np.int64)
    other[order] = np.roll(order, 1)
    return other


def measure_originals(
    originals: list[Original], genres: GenreClassifier, seed: int
) -> LevelResults:
    """Score the reference rows that involve no network: original and shuffled music."""
    table, curves = ScoreTable(), _CurveTable()
    other = derangement(len(originals), np.random.default_rng([seed, 0]))
    for original, index in tqdm(
        zip(originals, other, strict=True), desc="originals", unit="piece", total=len(other)
    ):
        shuffled = originals[index].audio
        for row, audio in ((ORIGINAL, original.audio), (SHUFFLED, shuffled)):
            table.add(row, music_scores(audio, original, genres))
            curves.add(row, accent_curve(audio, original))
    return LevelResults(music=table.rows(), curves=curves.means())


def measure_unseen_genres(unseen: list[Original], genres: GenreClassifier) -> LevelResults:
    """Compute the genre accuracy for originals of songs that have no training pieces."""
    found = [genres.scores(original.audio, original)["genre"] for original in unseen]
    return LevelResults(figures={"genre_unseen": float(np.mean(found))})


def measure_codec(model: CompactModel, unseen: list[Original], seed: int) -> LevelResults:
    """Score a codec on unseen songs, with shuffled and random music as references."""
    table, codes = ScoreTable(), []
    rng = np.random.default_rng([seed, 1])
    other = derangement(len(unseen), rng)
    for original, index in tqdm(
        zip(unseen, other, strict=True),
        desc=f"codec {model.level.name}",
        unit="piece",
        total=len(unseen),
    ):
        target = original.audio
        codes.append(model.encode(target))
        table.add(CODEC, _codec_scores(model.decode(codes[-1]), target))
        table.add(ORIGINAL, _codec_scores(target, target))
        table.add(SHUFFLED, _codec_scores(unseen[index].audio, target))
        if len(codes) <= RANDOM_CODEC_PIECES:
            random = model.decode(random_codes(len(codes[-1]), rng))
            table.add(RANDOM, _codec_scores(random, target))
    usage = codebook_usage(np.concatenate(codes), CODEBOOK_SIZE)
    figures = {"codebook_used": usage.used_share, "codebook_perplexity": usage.perplexity}
    return LevelResults(codec=table.rows(), figures=figures)


def measure_music(
    model: CompactModel, originals: list[Original], genres: GenreClassifier, seed: int
) -> LevelResults:
    """Score a generator on held-out pieces, with unchanged and with changed inputs."""
    table, changes, curves = ScoreTable(), ScoreTable(), _CurveTable()
    rng = np.random.default_rng([seed, 2])
    other = derangement(len(originals), rng)
    ablated = {original.piece.name for original in evenly_spaced(originals, ABLATION_PIECES)}
    for original, index in tqdm(
        zip(originals, other, strict=True),
        desc=f"music {model.level.name}",
        unit="piece",
        total=len(originals),
    ):
        piece = original.piece
        target, codes = model.encode(original.audio), piece_codes(model, piece, seed)
        music = model.decode(codes)
        clips = {GENERATED: music, CODEC: model.decode(target)}
        if piece.name in ablated:
            clips[RANDOM] = model.decode(random_codes(len(target), rng))
            for name, changed in _changed_inputs(original, originals[index]).items():
                changed_codes = piece_codes(model, piece, seed, **changed)
                clip = model.decode(changed_codes)
                scores = _codes_changed(changed_codes, codes)
                changes.add(name, scores | _spectrum_changed(clip, music, original.audio))
                if name in (ZEROED, REVERSED, OTHER_DANCE):
                    clips[name] = clip
        for row, audio in clips.items():
            scores = music_scores(audio, original, genres)
            if row == GENERATED:
                scores["code_accuracy"] = float(np.mean(codes == target))
            table.add(row, scores)
            curves.add(row, accent_curve(audio, original))
    figures = _ratios(table.rows(), changes.rows())
    return LevelResults(
        music=table.rows(), changes=changes.rows(), curves=curves.means(), figures=figures
    )


def measure_diversity(
    model: CompactModel, originals: list[Original], genres: GenreClassifier
) -> LevelResults:
    """Measure mean distances between pieces generated for one dance, and between originals."""
    distances: dict[str, list[tuple[float, float]]] = {}
    chosen = evenly_spaced(originals, DIVERSITY_DANCES)
    styles = evenly_spaced(list(STYLES), DIVERSITY_CHOICES)
    length = round(DIVERSITY_S * SAMPLE_RATE)
    for original in tqdm(chosen, desc=f"diversity {model.level.name}", unit="dance"):
        piece = original.piece
        choices = {
            "seeds": [(original.style, seed) for seed in range(DIVERSITY_CHOICES)],
            "styles": [(style, 0) for style in styles],
        }
        for name, wanted in choices.items():
            clips = []
            for style, seed in wanted:
                song, bar = choose_song(style_named(style), seed)
                position = (piece.grid.position + bar * STEPS_PER_BAR) % PHRASE_STEPS
                grid = replace(piece.grid, position=position)
                codes = piece_codes(model, piece, seed, song=song, grid=grid)
                clips.append(model.decode(codes[: length // model.level.hop_length]))
            distances.setdefault(name, []).append(_mean_distances(clips, genres))
    distances["originals"] = [_mean_distances([one.audio[:length] for one in chosen], genres)]
    figures = {
        f"diversity_{name}_{unit}": float(np.mean([pair[i] for pair in pairs]))
        for name, pairs in distances.items()
        for i, unit in enumerate(("embedding", "mel"))
    }
    return LevelResults(figures=figures)


def measure_speed(model: CompactModel, original: Original) -> LevelResults:
    """Time the generation of 10 s of music, from movement features to audio, on two threads."""
    piece = original.piece
    steps = int(np.searchsorted(piece.grid.times, SPEED_S))
    inputs: dict[str, Any] = {
        "grid": piece.grid.window(0, steps),
        "features": piece.features[:steps],
        "visual": piece.visual[:steps],
    }
    seconds = []
    threads = torch.get_num_threads()
    torch.set_num_threads(SPEED_THREADS)
    try:
        for _ in range(SPEED_RUNS):
            start = time.perf_counter()
            audio = model.decode(piece_codes(model, piece, **inputs))
            seconds.append((time.perf_counter() - start) * SPEED_S * SAMPLE_RATE / len(audio))
    finally:
        torch.set_num_threads(threads)
    # The median leaves out the first run, which also sets up kernels, and load peaks.
    figures = {"speed_s": float(np.median(seconds)), "speed_best_s": float(min(seconds))}
    return LevelResults(figures=figures)


class _CurveTable:
    """Collects onset curves by row."""

    def __init__(self) -> None:
        self._rows: dict[str, list[FloatArray]] = {}

    def add(self, row: str, curve: FloatArray) -> None:
        """Add the onset curve of one piece to a row."""
        if np.any(curve):  # all 0 for a piece without accents
            self._rows.setdefault(row, []).append(curve)

    def means(self) -> Curves:
        """Return the mean curve of each row."""
        return {row: np.mean(curves, axis=0) for row, curves in self._rows.items()}


def _changed_inputs(original: Original, other: Original) -> dict[str, dict[str, Any]]:
    """Return changed inputs of a piece by the name of the change."""
    piece = original.piece
    songs = songs_of(style_named(original.style))
    index = (list(STYLES).index(original.style) + STYLE_OFFSET) % len(STYLES)
    other_style = list(STYLES.values())[index]
    shifted = (piece.grid.position + PHRASE_STEPS // 2) % PHRASE_STEPS
    other_song = songs[(songs.index(piece.song) + 1) % len(songs)]
    return {
        ZEROED: {"features": piece.features * 0, "visual": piece.visual * 0},
        "motion zeroed": {"features": piece.features * 0},
        "flow zeroed": {"visual": piece.visual * 0},
        REVERSED: {"features": piece.features[::-1].copy(), "visual": piece.visual[::-1].copy()},
        OTHER_DANCE: {"features": other.piece.features, "visual": other.piece.visual},
        "beat grid a quarter beat early": {"grid": quarter_beat_early(piece.grid)},
        "phrase shifted by half": {"grid": replace(piece.grid, position=shifted)},
        "another song of the style": {"song": other_song},
        "another style": {"song": songs_of(other_style)[0]},
    }


def _codes_changed(changed: NDArray[np.int64], codes: NDArray[np.int64]) -> Scores:
    length = min(len(changed), len(codes))
    return {"codes_changed": float(np.mean(changed[:length] != codes[:length]))}


def _spectrum_changed(clip: Audio, music: Audio, original: Audio) -> Scores:
    rise = log_mel_l1(clip, original) / max(log_mel_l1(music, original), 1e-9) - 1.0
    return {"mel_changed": log_mel_l1(clip, music), "mel_rise": rise}


def _codec_scores(decoded: Audio, target: Audio) -> Scores:
    distances = codec_distances(decoded, target)
    return {
        "mel_l1": distances.log_mel_l1,
        "convergence": distances.spectral_convergence,
        "stft": distances.multi_resolution_stft,
    }


def _ratios(rows: Rows, changes: Rows) -> Figures:
    """Compute the generator's error relative to the codec's, and its increase without dance."""
    codec_error = float(rows[CODEC]["mel_l1"].mean())
    ratio = float(rows[GENERATED]["mel_l1"].mean()) / max(codec_error, 1e-9)
    return {"mel_ratio": ratio, "zeroed_rise": float(changes[ZEROED]["mel_rise"].mean())}


def _mean_distances(clips: list[Audio], genres: GenreClassifier) -> tuple[float, float]:
    """Compute the mean distance between clips in the genre embedding and in log-mel L1."""
    embeddings = np.stack([genres.embed_piece(clip) for clip in clips])
    return (
        mean_pair_distance(embedding_distances(embeddings)),
        mean_pair_distance(log_mel_distances(clips)),
    )
