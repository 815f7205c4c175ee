"""Fit the classifier that suggests a style for a dance, and measure it on other dances.

    PYTHONPATH=. python tools/train_style_classifier.py --aist aist.npz --cmu cmu.npz

It is fitted to procedural dancers of the ten genres and to the break choreographies ch01 and ch02
of AIST++. It is measured on other procedural dancers, on the other choreographies, and on salsa of
the CMU database, of which nothing is learned. ``d2m/training/data/dances/mocap.py`` describes the
files and where they come from.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np
import typer
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from d2m.core.styles import STYLES
from d2m.perception.rhythm import estimate_rhythm
from d2m.perception.style_features import STYLE_FEATURES, style_features
from d2m.perception.style_suggestion import STYLE_CLASSIFIER, suited_styles
from d2m.training.data.dances import procedural_dance, view
from d2m.training.data.dances.mocap import load_aist, load_cmu
from d2m.training.data.dances.movement_modes import STYLE_MODES

TRAINING_SEED, MEASURING_SEED = 910_000, 900_000
"""First seeds of the procedural dances; no other use has these."""
TEMPI_BPM, LENGTHS_S = (76.0, 132.0), (6.0, 16.0)
"""Tempi (BPM) and lengths (s) of the procedural dances; chosen by hand."""
TURN_RAD, JITTER = 0.7, 0.03
"""Standard deviation of the turn from the camera, and most jitter of the joints (torso lengths),
of dances that are learned; chosen by hand."""
FITTED = ("ch01", "ch02")
"""Choreographies of AIST++ that are learned."""
RECORDED_SHARE = 0.5
"""Weight of the recorded break dances beside that of the procedural ones; chosen by hand."""
STRENGTH = 0.1
"""Inverse regularisation of the logistic regression; chosen by hand."""
MEASURED_FPS = 30.0
"""Frame rate (Hz) at which clips are analysed."""


class Example(NamedTuple):
    """A dance in the picture with its style and tempo (BPM)."""

    keypoints: NDArray[np.float64]
    style: str
    name: str
    tempo_bpm: float


def main(
    aist: Annotated[Path, typer.Option(help="Keypoints of AIST++ break dances (.npz).")],
    cmu: Annotated[Path, typer.Option(help="Salsa of the CMU database (.npz).")],
    dances: Annotated[int, typer.Option(help="Procedural dances a style that are learned.")] = 60,
    measured: Annotated[int, typer.Option(help="Those that are measured.")] = 20,
    fit: Annotated[bool, typer.Option(help="Fit and save the classifier first.")] = True,
) -> None:
    """Fit and measure."""
    recorded = [
        Example(one.keypoints[::2, :, :2], "break", one.name, 80.0) for one in load_aist(aist)
    ]
    if fit:
        learned = [one for one in recorded if any(part in one.name for part in FITTED)]
        save_fit([*procedural(TRAINING_SEED, dances), *learned], len(learned))
    print_figures("procedural", procedural(MEASURING_SEED, measured, learned=False))
    other = [one for one in recorded if not any(part in one.name for part in FITTED)]
    print_figures("break, AIST++ ch03-05", other)
    print_figures("salsa, counted as house", [*salsa(cmu)])


def procedural(first_seed: int, count: int, *, learned: bool = True) -> list[Example]:
    """Return procedural dances of each style, with jitter if they are to be learned."""
    rng, found = np.random.default_rng(first_seed), []
    for index, (style, modes) in enumerate(STYLE_MODES.items()):
        for number in range(count):
            tempo, length = float(rng.uniform(*TEMPI_BPM)), float(rng.uniform(*LENGTHS_S))
            seed = first_seed + 1000 * index + number
            dance = procedural_dance(seed, tempo_bpm=tempo, duration_s=length, modes=modes)
            points = view(dance, float(rng.normal(0, TURN_RAD))).keypoints[::2, :, :2]
            if learned:
                points = points + rng.normal(0, rng.uniform(0, JITTER), points.shape)
            found.append(Example(points, style, f"{style} {number}", tempo))
    return found


def salsa(path: Path) -> list[Example]:
    """Return the salsa takes from the front and from the side."""
    views = [
        view(one, yaw) for one in load_cmu(path) if "salsa" in one.name for yaw in (0, np.pi / 2)
    ]
    points = [one.keypoints[::2, :, :2] for one in views]
    return [
        Example(part, "house", one.name, estimate_rhythm(part, MEASURED_FPS).tempo_bpm)
        for part, one in zip(points, views, strict=True)
    ]


def save_fit(examples: list[Example], recorded: int) -> None:
    """Fit the classifier; the last ones of the examples, a number of them, are recorded."""
    features = np.array([style_features(one.keypoints, MEASURED_FPS) for one in examples])
    styles = np.array([one.style for one in examples])
    a_style = (len(examples) - recorded) / len(STYLES)
    weights = np.ones(len(examples))
    weights[-recorded:] = RECORDED_SHARE * a_style / recorded
    scaler = StandardScaler().fit(features)
    scaled = np.clip(scaler.transform(features), -3, 3)
    strength = STRENGTH * 20 / a_style  # as for 20 dances a style, however many there are
    model = LogisticRegression(C=strength, max_iter=5000).fit(scaled, styles, weights)
    by_style = {str(one): index for index, one in enumerate(model.classes_)}

    def rounded(values: NDArray[np.float64]) -> list[float]:
        return [round(float(value), 4) for value in values]

    facts = {
        "features": STYLE_FEATURES,
        "mean": rounded(scaler.mean_),
        "scale": rounded(scaler.scale_),
        "weights": {style: rounded(model.coef_[by_style[style]]) for style in STYLES},
        "bias": {style: round(float(model.intercept_[by_style[style]]), 4) for style in STYLES},
    }
    STYLE_CLASSIFIER.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def print_figures(title: str, examples: list[Example]) -> None:
    """Print how often the style is first or in the first three, and what is taken for it."""
    ranks = [
        [style.name for style in suited_styles(one.keypoints, MEASURED_FPS, one.tempo_bpm)]
        for one in examples
    ]
    first = np.mean([names[0] == one.style for names, one in zip(ranks, examples, strict=True)])
    three = np.mean([one.style in names[:3] for names, one in zip(ranks, examples, strict=True)])
    typer.echo(f"{title}: {len(examples)} dances, top-1 {first:.2f}, top-3 {three:.2f}")
    for style in dict.fromkeys(one.style for one in examples):
        taken = Counter(
            names[0] for names, one in zip(ranks, examples, strict=True) if one.style == style
        )
        typer.echo(f"  {style}: " + ", ".join(f"{name} {n}" for name, n in taken.most_common()))


if __name__ == "__main__":
    typer.run(main)
