"""Measure codecs and generators on the held-out takes."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from d2m.benchmark.genre_classifier import Genres
from d2m.benchmark.held_out import HeldOut, Take, spread
from d2m.benchmark.metric_table import CODEC, GENERATED, ORIGINAL, RANDOM, SHUFFLED
from d2m.benchmark.player import Player, earlier
from d2m.benchmark.results import Figures, LevelResults, Spread
from d2m.benchmark.scoring import Scores, ScoreTable, accent_curve, music_scores
from d2m.core.levels import SAMPLE_RATE
from d2m.core.metrical_grid import PHRASE_STEPS, STEPS_PER_BAR
from d2m.core.styles import STYLES, songs_of, style_named
from d2m.metrics.codec import codebook_use, codec_figures, log_mel_l1
from d2m.metrics.diversity import embedding_distances, log_mel_distances, mean_pair_distance
from d2m.models.vqvae import CODEBOOK_SIZE

ABLATION_TAKES = 10
"""Takes on which the dance is changed, and random music is played."""
DIVERSITY_DANCES, DIVERSITY_CHOICES = 4, 4
"""Dances, and seeds and styles for each, among which diversity is measured."""
DIVERSITY_S = 10.0
SPEED_S, SPEED_THREADS, SPEED_TRIES = 10.0, 2, 5
ZEROED, REVERSED, OTHER_DANCE = "dance zeroed", "dance reversed in time", "another dance"

Audio = NDArray[np.float32]
Generator = np.random.Generator


def others(count: int, rng: Generator) -> NDArray[np.int64]:
    """Return for each of some items another one, (count,): each is the other of one."""
    order = rng.permutation(count)
    other = np.empty(count, dtype=np.int64)
    other[order] = np.roll(order, 1)
    return other


def measure_originals(held_out: HeldOut, genres: Genres, seed: int) -> LevelResults:
    """Measure the reference rows that no network plays: original and shuffled music."""
    table, curves = ScoreTable(), _Curves()
    other = others(len(held_out.takes), np.random.default_rng([seed, 0]))
    for take, index in tqdm(
        zip(held_out.takes, other, strict=True),
        desc="originals",
        unit="piece",
        total=len(other),
    ):
        shuffled = held_out.takes[index].audio
        for row, audio in ((ORIGINAL, take.audio), (SHUFFLED, shuffled)):
            table.add(row, music_scores(audio, take, genres))
            curves.add(row, accent_curve(audio, take))
    return LevelResults(music=table.rows(), curves=curves.means())


def measure_unseen_genres(takes: list[Take], genres: Genres) -> LevelResults:
    """Measure how well genres of songs are told that are not among the originals."""
    found = [genres.scores(take.audio, take)["genre"] for take in takes]
    return LevelResults(figures={"genre_unseen": float(np.mean(found))})


def measure_codec(player: Player, takes: list[Take], seed: int) -> LevelResults:
    """Measure a codec on unseen songs, beside shuffled and random music."""
    table, codes = ScoreTable(), []
    rng = np.random.default_rng([seed, 1])
    other = others(len(takes), rng)
    for take, index in tqdm(
        zip(takes, other, strict=True),
        desc=f"codec {player.level.name}",
        unit="piece",
        total=len(takes),
    ):
        codes.append(player.encode(take.audio))
        table.add(CODEC, _codec_scores(player.decode(codes[-1]), take.audio))
        table.add(ORIGINAL, _codec_scores(take.audio, take.audio))
        table.add(SHUFFLED, _codec_scores(takes[index].audio, take.audio))
        # A few random pieces are enough: all of them sound alike.
        if len(codes) <= 3:
            random = player.decode(player.random(len(codes[-1]), rng))
            table.add(RANDOM, _codec_scores(random, take.audio))
    use = codebook_use(np.concatenate(codes), CODEBOOK_SIZE)
    figures = {"codebook_used": use.used, "codebook_perplexity": use.perplexity}
    return LevelResults(codec=table.rows(), figures=figures)


def measure_music(player: Player, held_out: HeldOut, genres: Genres, seed: int) -> LevelResults:
    """Measure a generator on held-out takes: its music, and what changes of the dance do."""
    table, changes, curves = ScoreTable(), ScoreTable(), _Curves()
    rng = np.random.default_rng([seed, 2])
    takes = held_out.takes
    other = others(len(takes), rng)
    ablated = {take.piece.name for take in spread(takes, ABLATION_TAKES)}
    for take, index in tqdm(
        zip(takes, other, strict=True),
        desc=f"music {player.level.name}",
        unit="piece",
        total=len(takes),
    ):
        target, codes = player.encode(take.audio), player.generate(take.piece, seed)
        music = player.decode(codes)
        sounds = {GENERATED: music, CODEC: player.decode(target)}
        if take.piece.name in ablated:
            sounds[RANDOM] = player.decode(player.random(len(target), rng))
            for name, changed in _changes(take, takes[index]).items():
                there = player.generate(take.piece, seed, **changed)
                sound = player.decode(there)
                changes.add(name, _change(there, codes, sound, music, take.audio))
                if name in (ZEROED, REVERSED, OTHER_DANCE):
                    sounds[name] = sound
        for row, audio in sounds.items():
            scores = music_scores(audio, take, genres)
            if row == GENERATED:
                scores["code_accuracy"] = float(np.mean(codes == target))
            table.add(row, scores)
            curves.add(row, accent_curve(audio, take))
    figures = _ratios(table.rows(), changes.rows())
    return LevelResults(
        music=table.rows(), changes=changes.rows(), curves=curves.means(), figures=figures
    )


def measure_diversity(player: Player, takes: list[Take], genres: Genres) -> LevelResults:
    """Measure how different the pieces are that one dance gets, over unlike originals."""
    # Imported here: the pipeline's own choice of a song must be measured.
    from d2m.generation.generate import choose_song

    distances: dict[str, list[tuple[float, float]]] = {}
    chosen = spread(takes, DIVERSITY_DANCES)
    styles = spread(list(STYLES), DIVERSITY_CHOICES)
    length = round(DIVERSITY_S * SAMPLE_RATE)
    for take in tqdm(chosen, desc=f"diversity {player.level.name}", unit="dance"):
        choices = {
            "seeds": [(take.style, seed) for seed in range(DIVERSITY_CHOICES)],
            "styles": [(style, 0) for style in styles],
        }
        for name, wanted in choices.items():
            sounds = []
            for style, seed in wanted:
                song, bar = choose_song(style_named(style), seed)
                position = (take.piece.grid.position + bar * STEPS_PER_BAR) % PHRASE_STEPS
                grid = replace(take.piece.grid, position=position)
                codes = player.generate(take.piece, seed, song=song, grid=grid)
                first = codes[: length // player.level.hop_length]
                sounds.append(player.decode(first))
            distances.setdefault(name, []).append(_distances(sounds, genres))
    originals = [take.audio[:length] for take in chosen]
    distances["originals"] = [_distances(originals, genres)]
    figures = {
        f"diversity_{name}_{unit}": float(np.mean([pair[i] for pair in pairs]))
        for name, pairs in distances.items()
        for i, unit in enumerate(("embedding", "mel"))
    }
    return LevelResults(figures=figures)


def measure_speed(player: Player, take: Take) -> LevelResults:
    """Time 10 s of music, from the dance's steps to sound, on two threads."""
    steps = int(np.searchsorted(take.piece.grid.times, SPEED_S))
    grid = take.piece.grid.window(0, steps)
    inputs: dict[str, Any] = {
        "grid": grid,
        "features": take.piece.features[:steps],
        "visual": take.piece.visual[:steps],
    }
    seconds = []
    threads = torch.get_num_threads()
    torch.set_num_threads(SPEED_THREADS)
    try:
        for _ in range(SPEED_TRIES):
            start = time.perf_counter()
            audio = player.decode(player.generate(take.piece, **inputs))
            seconds.append((time.perf_counter() - start) * SPEED_S * SAMPLE_RATE / len(audio))
    finally:
        torch.set_num_threads(threads)
    # The first try also sets up kernels; others may share the machine.
    figures = {"speed_s": float(np.median(seconds)), "speed_best_s": float(min(seconds))}
    return LevelResults(figures=figures)


class _Curves:
    """Means of onset curves by row."""

    def __init__(self) -> None:
        self._rows: dict[str, list[NDArray[np.float64]]] = {}

    def add(self, row: str, curve: NDArray[np.float64]) -> None:
        if np.any(curve):  # a piece without accents has none
            self._rows.setdefault(row, []).append(curve)

    def means(self) -> Spread:
        return {row: np.mean(curves, axis=0) for row, curves in self._rows.items()}


def _changes(take: Take, other: Take) -> dict[str, dict[str, Any]]:
    """Return what is changed about a take, by name."""
    piece = take.piece
    songs = songs_of(style_named(take.style))
    elsewhere = list(STYLES.values())[(list(STYLES).index(take.style) + 5) % len(STYLES)]
    half_on = (piece.grid.position + PHRASE_STEPS // 2) % PHRASE_STEPS
    next_song = songs[(songs.index(piece.song) + 1) % len(songs)]
    return {
        ZEROED: {"features": piece.features * 0, "visual": piece.visual * 0},
        "motion zeroed": {"features": piece.features * 0},
        "flow zeroed": {"visual": piece.visual * 0},
        REVERSED: {"features": piece.features[::-1].copy(), "visual": piece.visual[::-1].copy()},
        OTHER_DANCE: {"features": other.piece.features, "visual": other.piece.visual},
        "rhythm a quarter beat early": {"grid": earlier(piece.grid)},
        "phrase half a phrase on": {"grid": replace(piece.grid, position=half_on)},
        "other song of the style": {"song": next_song},
        "another style": {"song": songs_of(elsewhere)[0]},
    }


def _change(
    there: NDArray[np.int64],
    codes: NDArray[np.int64],
    sound: Audio,
    music: Audio,
    original: Audio,
) -> Scores:
    length = min(len(there), len(codes))
    rise = log_mel_l1(sound, original) / max(log_mel_l1(music, original), 1e-9) - 1.0
    return {
        "codes_changed": float(np.mean(there[:length] != codes[:length])),
        "mel_changed": log_mel_l1(sound, music),
        "mel_rise": rise,
    }


def _codec_scores(decoded: Audio, target: Audio) -> Scores:
    figures = codec_figures(decoded, target)
    return {
        "mel_l1": figures.log_mel_l1,
        "convergence": figures.spectral_convergence,
        "stft": figures.multi_resolution_stft,
    }


def _ratios(
    rows: dict[str, dict[str, NDArray[np.float64]]],
    changes: dict[str, dict[str, NDArray[np.float64]]],
) -> Figures:
    """Return the generator's error over the codec's own, and what zeroing the dance costs."""
    own = float(rows[CODEC]["mel_l1"].mean())
    ratio = float(rows[GENERATED]["mel_l1"].mean()) / max(own, 1e-9)
    return {"mel_ratio": ratio, "zeroed_rise": float(changes[ZEROED]["mel_rise"].mean())}


def _distances(sounds: list[Audio], genres: Genres) -> tuple[float, float]:
    """Return the mean distances among sounds: of embeddings, and of log-mel."""
    embeddings = np.stack([genres.place(sound) for sound in sounds])
    return (
        mean_pair_distance(embedding_distances(embeddings)),
        mean_pair_distance(log_mel_distances(sounds)),
    )
