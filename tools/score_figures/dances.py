"""The dances that music is measured on: examples, clips, and procedural dancers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import typer

from d2m.core.errors import D2MError
from d2m.core.settings import Settings
from d2m.core.styles import AUTO, STYLES, style_named
from d2m.perception.clip_analysis import POSE_FPS
from d2m.perception.conditioning import Conditioning, condition
from d2m.training.data.dances import procedural_dance, view

EXAMPLES = Path(__file__).parents[2] / "examples"
CLIP_NAMES = ("*.mp4", "*.mov", "*.webm", "*.mkv", "*.avi")
"""Which files of a folder are clips."""
FIRST_DANCER = 50_000
"""Seed of the first procedural dancer: training uses those under 1000."""
DANCE_LENGTHS_S = (9.0, 12.0, 6.0, 16.0, 24.0, 10.0, 40.0)
"""Lengths (s) of the procedural dances, in turn. Chosen by hand."""
TEMPO_RANGE_BPM = (66.0, 145.0)
"""Tempi of the procedural dances (BPM): those of the training data."""
PIXEL_JITTER = 0.01
"""Standard deviation of the noise on joint positions (torso lengths), about a pixel. Chosen by
hand."""


@dataclass(frozen=True, kw_only=True, eq=False)
class MeasuredDance:
    """A dance with the style in which music is made for it.

    Parameters
    ----------
    name, kind
        Its name, and ``"example"``, ``"clip"`` or ``"procedural"``.
    conditioning
        Its rhythm and movement, and the style.
    """

    name: str
    kind: str
    conditioning: Conditioning

    @property
    def style(self) -> str:
        """Name of its style."""
        return self.conditioning.style.name


def load_dances(
    clips: Path | None, count: int, style: str | None, cache: Path | None
) -> list[MeasuredDance]:
    """Return the examples, the clips of a folder, and procedural dancers up to a count.

    Parameters
    ----------
    clips
        Folder of clips, which are analysed. Those without a dancer are left out, with a
        sentence.
    count
        Number of dances in all.
    style
        A style for all, ``"auto"`` for the one that suits each dance, or None for all ten in
        turn.
    cache
        Folder in which the analyses of clips are kept.
    """
    paths = [(path, "example") for path in sorted(EXAMPLES.glob("*.mp4"))]
    if clips is not None:
        found = sorted(path for name in CLIP_NAMES for path in clips.glob(name))
        paths += [(path, "clip") for path in found]
    dances = list(_analysed(paths[:count], cache))
    dances += [_procedural(index) for index in range(count - len(dances))]
    return [_in_style(dance, index, style) for index, dance in enumerate(dances)]


def procedural_conditioning(dancer: int, *, tempo_bpm: float, duration_s: float) -> Conditioning:
    """Return the conditioning of a procedural dancer, tracked with jitter as in a clip.

    Parameters
    ----------
    dancer
        Its seed.
    tempo_bpm
        Tempo of the dance (BPM); as for a clip, the tempo is then estimated.
    duration_s
        Length of the dance (s).
    """
    rng = np.random.default_rng([12, dancer])
    dance = procedural_dance(dancer, tempo_bpm=tempo_bpm, duration_s=duration_s)
    seen = view(dance, float(rng.uniform(-0.7, 0.7)))
    points = seen.keypoints[:: round(seen.fps / POSE_FPS), :, :2]
    tracked = points + PIXEL_JITTER * rng.standard_normal(points.shape)
    return condition(tracked, POSE_FPS, settings=Settings())


def _analysed(paths: list[tuple[Path, str]], cache: Path | None) -> Iterator[MeasuredDance]:
    if not paths:
        return
    from d2m.pipeline import DanceToMusic

    pipeline = DanceToMusic(cache=cache)
    for path, kind in paths:
        try:
            dance = pipeline.perceive(path)
        except D2MError as error:
            typer.echo(f"{path.name} is left out: {error}", err=True)
            continue
        yield MeasuredDance(name=path.stem, kind=kind, conditioning=dance)


def _procedural(index: int) -> MeasuredDance:
    rng = np.random.default_rng([13, index])
    tempo_bpm = float(rng.uniform(*TEMPO_RANGE_BPM))
    conditioning = procedural_conditioning(
        FIRST_DANCER + index,
        tempo_bpm=tempo_bpm,
        duration_s=DANCE_LENGTHS_S[index % len(DANCE_LENGTHS_S)],
    )
    return MeasuredDance(
        name=f"dancer {index} at {tempo_bpm:.0f} BPM", kind="procedural", conditioning=conditioning
    )


def _in_style(dance: MeasuredDance, index: int, style: str | None) -> MeasuredDance:
    if style == AUTO:
        return dance
    chosen = style_named(style or list(STYLES)[index % len(STYLES)])
    return replace(dance, conditioning=replace(dance.conditioning, style=chosen))
