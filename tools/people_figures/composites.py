"""Draw clips of several dancers who are known in every frame."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from d2m.perception.skeleton import HIPS, SHOULDERS
from d2m.rendering.dancer_camera import Shot, shot_3d
from d2m.rendering.dancer_figure import draw_figure
from d2m.rendering.dancer_looks import Outfit
from d2m.rendering.dancer_scenes import SCENES
from d2m.rendering.dancer_shadow import shadow
from d2m.training.data.dances import procedural_dance
from tools.render_examples import FPS

FloatArray = NDArray[np.float64]
Image = NDArray[np.uint8]

SCALE = 1
"""Factor of the size at which figures are drawn; 2 draws smoother edges in four times the time."""
KINDS = (
    "solo", "solo with cuts", "solo with flashes", "side by side", "three", "crossing",
    "three crossing", "cuts", "new dancer after a cut", "walk-in", "walk-out", "mirror",
)  # fmt: skip
"""Kinds of clips that `compose` draws."""
_SCENES = tuple(SCENES.values())
_FLASH_SHARE, _FLASH = 0.06, 150  # share of the frames with a flash, and its brightness
_FLOOR = 0.9  # height of the floor in the picture


@dataclass(frozen=True, kw_only=True, eq=False)
class Performer:
    """A dancer in image coordinates (px), in each of ``F`` frames.

    Parameters
    ----------
    shot
        Joints and shadow.
    outfit
        Colours of the clothes.
    present : (F,)
        Whether the dancer is in the scene.
    person
        Number of the dancer, from 0; None for an image in a mirror.
    """

    shot: Shot
    outfit: Outfit
    present: NDArray[np.bool_]
    person: int | None


@dataclass(frozen=True, kw_only=True, eq=False)
class Composite:
    """A drawn clip.

    Parameters
    ----------
    kind, seed
        What it was drawn from.
    count
        Number of people in it.
    truth : (F, P, 4, 2)
        Shoulders and hips of each person, in frame heights; NaN where the person is away.
    scenes
        Background and performers of each scene, with its first frame.
    size
        Width and height (px).
    """

    kind: str
    seed: int
    count: int
    truth: FloatArray
    scenes: list[tuple[int, Image, list[Performer]]] = field(repr=False)
    size: tuple[int, int]

    def frame(self, index: int) -> Image:
        """Draw a frame, (H, W, 3) RGB."""
        starts = [start for start, _, _ in self.scenes]
        _, background, performers = self.scenes[int(np.searchsorted(starts, index, "right")) - 1]
        picture = _draw(background, performers, index)
        rng = np.random.default_rng([self.seed, index])
        if self.kind == "solo with flashes" and rng.random() < _FLASH_SHARE:
            picture = np.clip(picture.astype(int) + _FLASH, 0, 255).astype(np.uint8)
        return picture


def compose(kind: str, seed: int, duration_s: float = 6.0) -> Composite:
    """Lay out a clip of one of the `KINDS`; the same seed gives the same clip."""
    rng = np.random.default_rng([KINDS.index(kind), seed])
    frames = round(duration_s * FPS)
    portrait = rng.random() < 0.3 and "three" not in kind and kind != "mirror"
    size = (360, 640) if portrait else (640, 360)
    people = _PEOPLE.get(kind, 1)
    outfits = _outfits(rng, people)
    n_cuts = int(rng.integers(1, 4)) if "cut" in kind else 0
    cuts = np.sort(rng.permutation(np.arange(1, 6))[:n_cuts]) * frames // 6
    starts = [0, *(int(cut) for cut in cuts)]
    order = list(rng.permutation(len(_SCENES)))
    scenes = []
    for number, start in enumerate(starts):
        make = _SCENES[order[number % len(order)]]
        large = make(2 * size[0], 2 * size[1], 2 * _FLOOR * size[1])
        background = np.asarray(cv2.resize(large, size, interpolation=cv2.INTER_AREA))
        end = starts[number + 1] if number + 1 < len(starts) else frames
        performers = _performers(kind, rng, size, frames, outfits, number)
        scenes.append((start, background, [_only_from(one, start, end) for one in performers]))
    truth = _truth(scenes, frames, people, size[1])
    return Composite(kind=kind, seed=seed, count=people, truth=truth, scenes=scenes, size=size)


_PEOPLE = {
    "side by side": 2, "three": 3, "crossing": 2, "three crossing": 3, "cuts": 2,
    "new dancer after a cut": 2, "walk-in": 2, "walk-out": 2,
}  # fmt: skip


def _performers(
    kind: str,
    rng: np.random.Generator,
    size: tuple[int, int],
    frames: int,
    outfits: list[Outfit],
    scene: int,
) -> list[Performer]:
    """Return the performers of a scene."""
    width, height = size
    people = len(outfits)
    places = (np.arange(people) + 0.5) / people * 0.86 + 0.07 + rng.uniform(-0.03, 0.03, people)
    unit = min(0.24 * height, 0.3 * width) * rng.uniform(0.7, 0.95)
    unit = min(unit, 0.36 * width / people)
    if "cut" in kind:
        rng.shuffle(places)
    paths = [np.full(frames, place * width) for place in places]
    if "crossing" in kind:
        first, last = rng.uniform(0.25, 0.4) * frames, rng.uniform(0.6, 0.75) * frames
        share = np.clip((np.arange(frames) - first) / (last - first), 0, 1)
        share = share * share * (3 - 2 * share)
        one, other = paths[0].copy(), paths[-1].copy()
        paths[0], paths[-1] = (
            one + (other - one) * share, other + (one - other) * share
        )  # fmt: skip
    if kind in ("walk-in", "walk-out"):
        share = np.clip((np.arange(frames) / frames - rng.uniform(0.2, 0.4)) / 0.2, 0, 1)
        away = -0.3 * width if paths[1][0] < width / 2 else 1.3 * width
        paths[1] = away + (paths[1] - away) * (share if kind == "walk-in" else 1 - share)
    members = range(people)
    if kind == "new dancer after a cut":
        members = range(scene % 2, scene % 2 + 1)
        paths = [np.full(frames, rng.uniform(0.35, 0.65) * width)] * people
    sizes = unit * rng.uniform(0.86, 1.0, people)
    performers = [
        _dancer(rng, paths[one], float(sizes[one]), height, outfits[one], one) for one in members
    ]
    if kind == "mirror":
        performers.append(_reflection(performers[0], width))
    return performers


def _dancer(
    rng: np.random.Generator,
    path: FloatArray,
    unit: float,
    height: int,
    outfit: Outfit,
    person: int,
) -> Performer:
    tempo = float(rng.uniform(92, 128))
    dance = procedural_dance(
        int(rng.integers(1 << 30)), tempo_bpm=tempo, duration_s=len(path) / FPS + 0.2
    )
    points = dance.keypoints[::2][: len(path)]
    shot = shot_3d(points, unit=unit, foot=(0.0, height * float(rng.uniform(0.9, 0.96))))
    shift = np.zeros((len(path), 1, 3))
    shift[:, 0, 0] = path
    moved = Shot(joints=shot.joints + shift, ground=shot.ground + shift[..., :2], units=shot.units)
    return Performer(
        shot=moved, outfit=outfit, present=np.ones(len(path), dtype=bool), person=person
    )


def _reflection(performer: Performer, width: int) -> Performer:
    """Return the image of a dancer in a mirror at the side: smaller, and the other way round."""
    shot, scale = performer.shot, 0.62
    joints = shot.joints.copy()
    centre = joints[:, :, 0].mean()
    place = 0.86 * width if centre < 0.6 * width else 0.14 * width
    floor = joints[..., 1].max()
    joints[..., 0] = place - scale * (joints[..., 0] - centre)
    joints[..., 1] = floor - 0.12 * shot.units[:, None] - scale * (floor - joints[..., 1])
    joints[..., 2] *= scale
    # What is the left side of the dancer looks like the right side of the image.
    swapped = joints[:, [0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15]]
    ground = np.full_like(shot.ground, -4.0 * width)
    image = Shot(joints=swapped, ground=ground, units=shot.units * scale)
    return Performer(shot=image, outfit=performer.outfit, present=performer.present, person=None)


def _only_from(performer: Performer, start: int, end: int) -> Performer:
    inside = np.zeros(len(performer.present), dtype=bool)
    inside[start:end] = True
    return Performer(
        shot=performer.shot,
        outfit=performer.outfit,
        present=performer.present & inside,
        person=performer.person,
    )


def _truth(
    scenes: list[tuple[int, Image, list[Performer]]], frames: int, people: int, height: int
) -> FloatArray:
    truth = np.full((frames, people, 4, 2), np.nan)
    for _, background, performers in scenes:
        width = background.shape[1]
        for one in performers:
            if one.person is None:
                continue
            torso = one.shot.joints[:, list(SHOULDERS + HIPS), :2]
            middle = torso[..., 0].mean(axis=1)
            seen = one.present & (middle > 0) & (middle < width)
            truth[seen, one.person] = torso[seen] / height
    return truth


def _draw(background: Image, performers: list[Performer], index: int) -> Image:
    here = sorted(
        (one for one in performers if one.present[index]), key=lambda one: one.shot.units[index]
    )
    picture = background.copy()
    for one in here:
        shadow(picture, one.shot.ground[index], one.shot.units[index])
    height, width = picture.shape[:2]
    large = cv2.resize(picture, (width * SCALE, height * SCALE), interpolation=cv2.INTER_LINEAR)
    for one in here:
        draw_figure(
            large, one.shot.joints[index] * SCALE, one.shot.units[index] * SCALE, one.outfit
        )
    return np.asarray(cv2.resize(large, (width, height), interpolation=cv2.INTER_AREA))


def _outfits(rng: np.random.Generator, people: int) -> list[Outfit]:
    """Return outfits of clearly different colours, as those of people who met by chance."""
    shirts = [(206, 74, 62), (238, 204, 92), (74, 140, 190), (60, 150, 84), (150, 84, 170),
              (236, 236, 230), (40, 42, 48), (230, 130, 60)]  # fmt: skip
    trousers = [(62, 74, 104), (56, 62, 84), (46, 48, 56), (150, 130, 100), (110, 60, 60)]
    skins = [(214, 160, 126), (168, 112, 82), (236, 188, 156), (112, 76, 56)]
    hairs = [(58, 40, 32), (34, 26, 24), (150, 88, 44)]
    chosen = rng.permutation(len(shirts))[:people]
    return [
        Outfit(
            skin=skins[rng.integers(len(skins))],
            hair=hairs[rng.integers(len(hairs))],
            shirt=shirts[one],
            stripe=(246, 240, 230),
            trousers=trousers[rng.integers(len(trousers))],
            shoes=(58, 60, 66),
        )
        for one in chosen
    ]
