"""Measure whether music meets the hits of many dances, and print the shares as Markdown.

    PYTHONPATH=. python -m tools.hit_figures --clips FOLDER --count 40

A hit is met if an onset that stands out is within 45 ms (`d2m.metrics.hits`). Each dance is
measured twice: as its beats are, and with beats that are moved by a random part of a beat, as if
they came from elsewhere. The trivial rows show what music meets that does not know the hits.
``without answers`` is the same level, whose score does not know the hits. Intervals are 95 %, by
bootstrap over dances. Every second dance, and every second clip, was used to choose constants;
`--half` selects.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Optional

import numpy as np
import typer
from numpy.typing import NDArray
from tqdm import tqdm

from d2m.audio.waveform import mono_at
from d2m.core.levels import HIGH, LOW, SAMPLE_RATE, Level
from d2m.core.metrical_grid import grid_from_beats
from d2m.core.settings import Settings
from d2m.generation.compact import CompactModel
from d2m.generation.generate import generate_soundtrack
from d2m.generation.studio import StudioModel
from d2m.metrics.hits import hits_met, hits_on_grid
from d2m.perception.body_events import BodyEvents
from d2m.perception.conditioning import Conditioning
from tools.score_figures.dances import MeasuredDance, load_dances
from tools.score_figures.pieces import click_track, noise

FEWEST_HITS = 3
"""Dances with fewer hits are left out."""
BOOTSTRAPS = 2000
"""Resamples of the dances for an interval."""
STEP_BEND_S = 0.025
"""How far a bent 16th step may move (s): about what is not heard as uneven. Chosen by hand."""
ON_GRID = ("on 16ths", "on 16ths bent by 25 ms")
"""Titles of the rows without audio."""

app = typer.Typer(add_completion=False, help=__doc__)
OptionalFolder = Annotated[Optional[Path], typer.Option(exists=True, file_okay=False)]  # noqa: UP045
Row = tuple[float, float]


class Half(str, Enum):
    """Which dances are measured."""

    CHOSEN = "chosen"
    OTHER = "other"
    ALL = "all"


@app.command()
def main(
    clips: OptionalFolder = None,
    count: Annotated[int, typer.Option(help="Number of dances in all.")] = 40,
    cache: OptionalFolder = None,
    half: Annotated[Half, typer.Option(help="Those constants were chosen on, or not.")] = Half.ALL,
    seed: Annotated[int, typer.Option(help="Seed of the first piece.")] = 0,
) -> None:
    """Measure all levels, and trivial music, on many dances."""
    dances = chosen_half(load_dances(clips, count, None, cache), half)
    models = (StudioModel.from_pretrained(), *map(CompactModel.from_pretrained, (HIGH, LOW)))
    rows: dict[tuple[str, str], list[Row]] = {}
    previous: NDArray[Any] | None = None
    for index, dance in enumerate(tqdm(dances, unit="dance")):
        if len(dance.conditioning.events.hits_s) < FEWEST_HITS:
            continue
        rng = np.random.default_rng([14, index])
        kind = "procedural" if dance.kind == "procedural" else "clips"
        moved = moved_beats(dance.conditioning, float(rng.uniform(0.1, 0.9)))
        for suffix, conditioning in (("", dance.conditioning), (", beats moved", moved)):
            for model in models:
                name = model.level.name + suffix
                mono, row = _level(model, conditioning, seed + index)
                rows.setdefault((kind, name), []).append(row)
                if not suffix and isinstance(model, CompactModel):
                    plain = replace(conditioning, events=BodyEvents())
                    audio, (_, beat_f) = _level(model, plain, seed + index)
                    met = hits_met(audio, conditioning.events.hits_s)
                    rows.setdefault((kind, f"{name}, without answers"), []).append((met, beat_f))
        for name, share in _trivial(dance.conditioning, mono, previous, rng):
            rows.setdefault((kind, name), []).append((share, float("nan")))
        previous = mono
    for line in _report(rows):
        typer.echo(line)


def chosen_half(dances: list[MeasuredDance], half: Half) -> list[MeasuredDance]:
    """Return every second dance of each kind, or the others, or all."""
    if half is Half.ALL:
        return dances
    kinds: dict[str, list[MeasuredDance]] = {}
    for dance in dances:
        kinds.setdefault(dance.kind, []).append(dance)
    first = 0 if half is Half.CHOSEN else 1
    return [dance for some in kinds.values() for dance in some[first::2]]


def moved_beats(dance: Conditioning, share: float) -> Conditioning:
    """Return a dance whose beats are later by a share of a beat (0 to 1).

    The features stay, because only the accents, which are laid on the hits, need the new grid.
    """
    rhythm = dance.rhythm
    shift_s = share * 60.0 / rhythm.tempo_bpm
    moved = replace(
        rhythm, beats_s=rhythm.beats_s + shift_s, downbeats_s=rhythm.downbeats_s + shift_s
    )
    inside = moved.beats_s < dance.duration_s
    moved = replace(moved, beats_s=moved.beats_s[inside])
    downbeat_s = float(moved.downbeats_s[0]) if len(moved.downbeats_s) else None
    grid = grid_from_beats(moved.beats_s, dance.duration_s, downbeat_s=downbeat_s)
    index = np.clip(np.arange(grid.n_steps), 0, len(dance.features) - 1)
    return replace(dance, rhythm=moved, grid=grid, features=dance.features[index])


def _level(
    model: StudioModel | CompactModel, dance: Conditioning, seed: int
) -> tuple[NDArray[np.float32], Row]:
    """Return the mono audio (N,) of a model, its share of hits met and its beat F-measure."""
    made = generate_soundtrack(model, dance, Settings(seed=seed, style=dance.style.name))
    level: Level = model.level
    scores = made.scores
    row = scores.get("hits_met", float("nan")), scores.get("beat_f_measure", float("nan"))
    return mono_at(made.audio, level.sample_rate), row


def _trivial(
    dance: Conditioning,
    mono: NDArray[Any],
    previous: NDArray[Any] | None,
    rng: np.random.Generator,
) -> Iterator[tuple[str, float]]:
    """Yield the shares of hits that trivial music meets, and of those that a grid can meet."""
    hits_s, steps_s = dance.events.hits_s, dance.grid.times
    on_steps = click_track(dance, steps_s[steps_s >= 0])
    yield ON_GRID[0], hits_on_grid(hits_s, steps_s)
    yield ON_GRID[1], hits_on_grid(hits_s, steps_s, bend_s=STEP_BEND_S)
    yield "clicks on beats", hits_met(click_track(dance).audio, hits_s)
    yield "clicks on 16ths", hits_met(on_steps.audio, hits_s)
    yield (
        "clicks on hits and beats",
        hits_met(click_track(dance).audio + click_track(dance, hits_s).audio, hits_s),
    )
    yield "noise", hits_met(noise(dance).audio, hits_s)
    random_s = rng.uniform(0.0, dance.duration_s, 20 * len(hits_s))
    yield "level low, hits at random times", hits_met(mono, random_s)
    if previous is not None:
        other = np.resize(previous, round(dance.duration_s * SAMPLE_RATE))
        yield "level low of another dance", hits_met(other, hits_s)


def _report(rows: dict[tuple[str, str], list[Row]]) -> Iterator[str]:
    yield "| dances | music | number | hits met | 95 % | beat F |"
    yield "|---|---|---|---|---|---|"
    for (kind, name), some in sorted(rows.items()):
        met, beat_f = np.array(some, dtype=float).T
        met = met[np.isfinite(met)]
        low, high = _interval(met)
        f_text = "" if np.isnan(beat_f).all() else f"{np.nanmean(beat_f):.2f}"
        yield (
            f"| {kind} | {name} | {len(met)} | {met.mean():.2f} | {low:.2f} to {high:.2f} "
            f"| {f_text} |"
        )


def _interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the 95 % interval of the mean by bootstrap."""
    rng = np.random.default_rng([15, len(values)])
    means = rng.choice(values, (BOOTSTRAPS, len(values))).mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


if __name__ == "__main__":
    app()
