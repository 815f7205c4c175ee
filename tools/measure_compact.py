"""Measure the compact generators: on held-out takes of a corpus, and what the dance changes.

python tools/measure_compact.py --corpus runs/corpus
python tools/measure_compact.py --clip examples/groove_procedural_landscape.mp4
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Optional

import numpy as np
import torch
import typer
from numpy.typing import NDArray

from d2m.checkpoints import codec_path, generator_path, load_codec, load_generator
from d2m.compose import choose_song
from d2m.evaluation.beats import beat_f_measure, music_beats
from d2m.grid import PHRASE_STEPS, STEPS_PER_BEAT
from d2m.levels import LEVELS, Level
from d2m.media.audio import log_mel
from d2m.media.video import ClipLimits
from d2m.models.sampling import decode_codes, generate_codes
from d2m.perceive import Dance, perceive
from d2m.styles import STYLES

Codes = NDArray[np.int64]
MaybePath = Optional[Path]  # noqa: UP045 (typer reads it at run time)


class Player:
    """The networks of one level."""

    def __init__(self, level: Level, folder: Path) -> None:
        self.level = level
        self.codec = load_codec(level, codec_path(level, folder))
        self.generator = load_generator(level, generator_path(level, folder))

    def codes(self, **dance: Any) -> Codes:
        """Generate codes (T,), see `generate_codes`."""
        return generate_codes(self.generator, self.codec, self.level, **dance)

    def audio(self, codes: Codes) -> NDArray[np.float32]:
        """Decode codes (T,) to audio."""
        return decode_codes(self.codec, self.level, codes)


def mel_distance(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Mean absolute difference of log10-mel spectrograms."""
    length = min(len(one), len(other))
    return float(np.abs(log_mel(one[:length]) - log_mel(other[:length])).mean())


def measure_corpus(player: Player, corpus: Path, every: int) -> dict[str, float]:
    """Compare generated takes with the held-out originals, and with the codec's own error."""
    from d2m.training.corpus import load_audio, load_pieces

    figures: dict[str, list[float]] = {}
    for piece in [piece for piece in load_pieces(corpus) if piece.held_out][::every]:
        original = load_audio(corpus, piece)
        with torch.inference_mode():
            target = player.codec.encode(torch.from_numpy(original)[None], player.level)[0].numpy()
        dance = {"song": piece.song, "grid": piece.grid}
        codes = player.codes(features=piece.features, visual=piece.visual, **dance)
        still = player.codes(features=piece.features * 0, visual=piece.visual * 0, **dance)
        audio = player.audio(codes)
        beats = music_beats(audio)[1]
        for name, value in {
            "accuracy": float((codes == target).mean()),
            "mel_l1": mel_distance(audio, original),
            "mel_l1_no_dance": mel_distance(player.audio(still), original),
            "mel_l1_codec": mel_distance(player.audio(target), original),
            "beat_f_measure": beat_f_measure(beats, piece.grid.beats_s),
        }.items():
            figures.setdefault(name, []).append(value)
    return {name: float(np.mean(values)) for name, values in figures.items()}


def measure_ablation(player: Player, dance: Dance) -> dict[str, tuple[float, float]]:
    """Return for each change the share of codes and the log-mel difference that it makes."""
    song, _ = choose_song(dance.style, 0)
    other = list(STYLES.values())[(list(STYLES).index(dance.style.name) + 5) % len(STYLES)]
    beat = np.median(np.diff(dance.grid.starts)) * STEPS_PER_BEAT
    early = dance.grid.starts - int(beat / 4)
    early[-1] = max(early[-1], dance.grid.n_frames)  # the last step fills what is left
    shifted = replace(dance.grid, starts=early)
    inputs = {
        "song": song,
        "grid": dance.grid,
        "features": dance.features,
        "visual": dance.visual,
    }
    changes: dict[str, dict[str, Any]] = {
        "motion and flow zeroed": {"features": dance.features * 0, "visual": dance.visual * 0},
        "motion zeroed": {"features": dance.features * 0},
        "flow zeroed": {"visual": dance.visual * 0},
        "motion mirrored in time": {"features": dance.features[::-1].copy()},
        "rhythm a quarter beat early": {"grid": shifted},
        "phrase half a phrase on": {
            "grid": replace(
                dance.grid, position=(dance.grid.position + PHRASE_STEPS // 2) % PHRASE_STEPS
            )
        },
        "other song of the style": {"song": song + 1 if song % 6 < 5 else song - 1},
        f"style {other.name}": {"song": choose_song(other, 0)[0]},
    }
    codes = player.codes(**inputs)
    audio = player.audio(codes)
    table = {}
    for name, change in changes.items():
        changed = player.codes(**(inputs | change))
        length = min(len(changed), len(codes))
        share = float((changed[:length] != codes[:length]).mean())
        table[name] = (share, mel_distance(player.audio(changed), audio))
    return table


def main(
    corpus: Annotated[MaybePath, typer.Option(help="Corpus folder.")] = None,
    clip: Annotated[Optional[list[Path]], typer.Option(help="Clip to ablate.")] = None,  # noqa: UP045
    weights: Annotated[Path, typer.Option(help="Weights folder.")] = Path("checkpoints"),
    every: Annotated[int, typer.Option(help="Measure every so many held-out takes.")] = 3,
) -> None:
    """Print the figures as Markdown tables."""
    torch.set_num_threads(1)
    players = [Player(level, weights) for level in LEVELS.values()]
    if corpus is not None:
        for player in players:
            figures = measure_corpus(player, corpus, every)
            typer.echo(
                f"{player.level.name}: " + ", ".join(f"{n} {v:.3f}" for n, v in figures.items())
            )
    for path in clip or []:
        with tempfile.TemporaryDirectory() as folder:
            dance = perceive(path, Path(folder), limits=ClipLimits())
        typer.echo(f"\n{path.name} ({dance.style.name}, {dance.rhythm.tempo_bpm:.0f} BPM)\n")
        typer.echo("| change | codes high | log-mel high | codes low | log-mel low |")
        typer.echo("|---|---|---|---|---|")
        tables = [measure_ablation(player, dance) for player in players]
        for name in tables[0]:
            cells = " | ".join(f"{t[name][0]:.0%} | {t[name][1]:.3f}" for t in tables)
            typer.echo(f"| {name} | {cells} |")


if __name__ == "__main__":
    typer.run(main)
