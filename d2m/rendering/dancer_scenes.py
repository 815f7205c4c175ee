"""Procedurally drawn backgrounds of dances.

Colours and proportions were chosen by hand.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from d2m.rendering.drawing import Colour, Image

FloatArray = NDArray[np.float64]


# Torso length (px) of dancers beside whom the things in a scene have the right size, and how far
# a scene is scaled down for smaller ones at most. Chosen by hand.
_SCENE_UNIT, _LEAST_SHARE = 140.0, 0.55


def studio(width: int, height: int, floor_y: float) -> Image:
    """Draw a photo studio: plain paper that curves from the wall to the floor, (H, W, 3)."""
    x, y = np.linspace(-1, 1, width), np.arange(height)[:, None]
    edge = 1 / (1 + np.exp(-(y - floor_y + 0.1 * height) / (0.03 * height)))
    wall = np.array([214.0, 206.0, 196.0])
    ground = np.array([228.0, 222.0, 214.0])
    canvas = wall * (1 - edge[..., None]) + ground * edge[..., None]
    glow = np.exp(-1.4 * x**2) * np.exp(-3 * (y / height - 0.45) ** 2)
    return _finished(canvas * (0.82 + 0.24 * glow)[..., None], grain=2.0)


def street(width: int, height: int, floor_y: float) -> Image:
    """Draw a street in the evening: houses, shop fronts, lamp, plants and paving, (H, W, 3)."""
    rng = np.random.default_rng(7)
    top = int(floor_y - 0.1 * height)
    canvas = _gradient(width, height, (62, 78, 122), (247, 178, 132), until=top)
    left = 0
    while left < width:
        wide = int(rng.integers(width // 5, width // 3))
        roof = int(rng.uniform(0.05, 0.32) * height)
        wall = np.array([rng.integers(96, 150), rng.integers(72, 104), rng.integers(66, 96)])
        _house(canvas, rng, (left, roof, min(left + wide, width), top), wall)
        left += wide
    _shop_fronts(canvas, rng, top)
    canvas[top:] = _paving(width, height - top)
    for pot in (0.07, 0.94):
        _plant(canvas, rng, (int(pot * width), top + 22), 50.0)
    post = int(0.83 * width)
    cv2.rectangle(canvas, (post - 5, top - 405), (post + 5, top + 22), (38, 38, 44), -1)
    cv2.circle(canvas, (post, top - 412), 36, (255, 236, 190), -1)
    return _finished(canvas, grain=4.0, blur=height / 420)


def loft(width: int, height: int, floor_y: float) -> Image:
    """Draw a loft: brick wall, window, sofa, posters, lamp, plant and wooden floor, (H, W, 3)."""
    rng = np.random.default_rng(11)
    top = int(floor_y - 0.12 * height)
    canvas = np.zeros((height, width, 3))
    canvas[:top] = _bricks(width, top, rng)
    canvas[top:] = _planks(width, height - top, rng)
    cv2.rectangle(canvas, (0, top - 16), (width, top), (225, 220, 210), -1)
    is_wide = width > height
    sofa = width - 406
    left = 77 if is_wide else 28
    _window(canvas, (left, int(0.1 * height), left + (269 if is_wide else 200), top - 160))
    for x, colour in ((sofa - 19, (206, 160, 60)), (sofa + 122, (70, 120, 140))):
        _poster(canvas, (x, top - 462), 187.0, colour)
    _sofa(canvas, (sofa, top + 14), 346.0, 173.0)
    if is_wide:
        _plant(canvas, rng, (left + 320, top + 20), 115.0)
        _lamp(canvas, (sofa - 57, top + 8))
    else:
        _plant(canvas, rng, (left + 110, top + 20), 100.0)
    return _finished(canvas, grain=3.0, blur=height / 480)


SCENES: dict[str, Callable[[int, int, float], Image]] = {
    "studio": studio,
    "street": street,
    "loft": loft,
}
"""Functions that draw a scene from width, height and height of the floor (px), by name."""


def scene_picture(name: str, size: tuple[int, int], floor_y: float, unit: float) -> Image:
    """Draw a scene in which the things have the right size beside its dancers.

    Parameters
    ----------
    name
        One of `SCENES`.
    size
        Width and height (px).
    floor_y
        Height in the picture (px) of the floor where the dancers are.
    unit
        Torso length of the dancers (px).
    """
    share = float(np.clip(unit / _SCENE_UNIT, _LEAST_SHARE, 1.0))
    drawn = SCENES[name](round(size[0] / share), round(size[1] / share), floor_y / share)
    return np.asarray(cv2.resize(drawn, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _finished(canvas: FloatArray, grain: float, blur: float = 0.0) -> Image:
    if blur:
        canvas = np.asarray(cv2.GaussianBlur(canvas, (0, 0), blur), dtype=np.float64)
    noise = np.random.default_rng(3).standard_normal(canvas.shape[:2]) * grain
    return np.asarray(np.clip(canvas + noise[..., None], 0, 255).astype(np.uint8))


def _gradient(width: int, height: int, first: Colour, last: Colour, until: int) -> FloatArray:
    share = np.clip(np.arange(height) / until, 0, 1)[:, None, None]
    rows = np.array(first, dtype=float) * (1 - share) + np.array(last, dtype=float) * share
    return np.tile(rows, (1, width, 1))


def _house(
    canvas: FloatArray,
    rng: np.random.Generator,
    box: tuple[int, int, int, int],
    wall: NDArray[np.int64],
) -> None:
    left, roof, right, bottom = box
    cv2.rectangle(canvas, (left, roof), (right, bottom), tuple(map(float, wall)), -1)
    cv2.rectangle(canvas, (left, roof), (right, roof + 14), tuple(map(float, wall * 0.7)), -1)
    columns = max(2, (right - left) // 80)
    pitch = (right - left) / columns
    for row, y in enumerate(range(roof + 50, bottom - 230, 105)):
        for column in range(columns):
            lit = rng.random() < 0.4
            pane = (252.0, 214.0, 140.0) if lit else (58.0, 66.0, 88.0)
            x = int(left + (column + 0.25) * pitch)
            size = (int(0.5 * pitch), 64)
            cv2.rectangle(canvas, (x - 4, y - 4), (x + size[0] + 4, y + size[1] + 4),
                          tuple(map(float, wall * 1.35)), -1)  # fmt: skip
            cv2.rectangle(canvas, (x, y), (x + size[0], y + size[1]), pane, -1)
            cv2.line(canvas, (x, y + 30 + row % 2), (x + size[0], y + 30 + row % 2),
                     tuple(map(float, wall * 1.2)), 3)  # fmt: skip


def _shop_fronts(canvas: FloatArray, rng: np.random.Generator, bottom: int) -> None:
    width = canvas.shape[1]
    awnings = ((176, 62, 54), (52, 110, 104), (196, 150, 62))
    wide = width // 3
    for index, colour in enumerate(awnings):
        left = index * wide
        cv2.rectangle(canvas, (left + 8, bottom - 190), (left + wide - 8, bottom), (64, 54, 52), -1)
        cv2.rectangle(canvas, (left + 22, bottom - 140), (left + wide - 80, bottom - 26),
                      (238, 206, 150), -1)  # fmt: skip
        for _ in range(9):
            x, y = rng.integers(left + 26, left + wide - 96), bottom - rng.integers(40, 110)
            tone = tuple(float(v) for v in rng.integers(70, 210, 3))
            cv2.rectangle(canvas, (int(x), int(y)), (int(x) + 14, bottom - 26), tone, -1)
        cv2.rectangle(canvas, (left + wide - 68, bottom - 150), (left + wide - 22, bottom),
                      (92, 72, 60), -1)  # fmt: skip
        for stripe in range(8):
            x = left + 4 + stripe * (wide - 8) // 8
            tone = colour if stripe % 2 else (236, 228, 214)
            cv2.rectangle(canvas, (x, bottom - 196), (x + (wide - 8) // 8, bottom - 150), tone, -1)


def _paving(width: int, height: int) -> FloatArray:
    x, y = np.meshgrid(np.arange(width) - width / 2, np.arange(height) + 1.0)
    depth = 1.0 / (0.25 + y / height)
    across, away = x * depth / (0.21 * width), 7 * depth
    tile = (np.floor(across) + np.floor(away)) % 2
    joint = np.minimum(np.abs(across - np.round(across)), np.abs(away - np.round(away))) < 0.03
    tone = 128 + 12 * tile - 34 * joint + 22 * y / height
    return np.stack([tone * 1.04, tone * 0.96, tone * 0.92], axis=-1)


def _bricks(width: int, height: int, rng: np.random.Generator) -> FloatArray:
    canvas = np.full((height, width, 3), (150.0, 136.0, 126.0))
    tall, wide = 19, 58
    for row in range(height // tall + 1):
        for column in range(-1, width // wide + 1):
            x = column * wide + (row % 2) * wide // 2
            tone = np.array([150.0, 92.0, 76.0]) * rng.uniform(0.82, 1.12)
            corner = (x + wide - 4, row * tall + tall - 4)
            cv2.rectangle(canvas, (x, row * tall), corner, tuple(map(float, tone)), -1)
    light = np.exp(-((np.linspace(-1, 1, width) + 0.15) ** 2) * 0.8)
    return np.asarray(canvas * (0.62 + 0.42 * light)[None, :, None])


def _planks(width: int, height: int, rng: np.random.Generator) -> FloatArray:
    x, y = np.meshgrid(np.arange(width) - width / 2, np.arange(height) + 1.0)
    across = x / (0.35 + y / height) / (0.055 * width)
    index = np.floor(across).astype(int)
    tones = rng.uniform(0.88, 1.1, 400)[index % 400]
    seam = np.abs(across - np.round(across)) < 0.025
    grain = 5 * np.sin(y * 0.9 + 8 * tones * 10)
    tone = (1 - 0.35 * seam) * tones * (0.8 + 0.25 * y / height)
    return np.asarray(np.array([176.0, 132.0, 92.0]) * tone[..., None] + grain[..., None] * 0.4)


def _window(canvas: FloatArray, box: tuple[int, int, int, int]) -> None:
    left, top, right, bottom = box
    cv2.rectangle(canvas, (left - 10, top - 10), (right + 10, bottom + 10), (62, 58, 56), -1)
    sky = _gradient(right - left, bottom - top, (150, 192, 226), (236, 232, 214), bottom - top)
    canvas[top:bottom, left:right] = sky
    for x, tall in ((0.05, 0.4), (0.3, 0.62), (0.55, 0.35), (0.75, 0.5)):
        corner = (left + int((x + 0.2) * (right - left)), bottom)
        start = (left + int(x * (right - left)), bottom - int(tall * (bottom - top)))
        cv2.rectangle(canvas, start, corner, (148, 162, 178), -1)
    for share in (1 / 3, 2 / 3):
        x, y = int(left + share * (right - left)), int(top + share * (bottom - top))
        cv2.line(canvas, (x, top), (x, bottom), (62, 58, 56), 7)
        cv2.line(canvas, (left, y), (right, y), (62, 58, 56), 7)


def _poster(canvas: FloatArray, corner: tuple[int, int], tall: float, colour: Colour) -> None:
    x, y = corner
    wide = int(0.7 * tall)
    cv2.rectangle(canvas, (x - 5, y - 5), (x + wide + 5, y + int(tall) + 5), (34, 32, 32), -1)
    cv2.rectangle(canvas, (x, y), (x + wide, y + int(tall)), colour, -1)
    cv2.circle(canvas, (x + wide // 2, y + int(0.42 * tall)), wide // 3, (240, 232, 214), -1)
    cv2.circle(canvas, (x + wide // 2, y + int(0.42 * tall)), wide // 9, (40, 36, 36), -1)
    for line in (0.78, 0.86):
        start, end = (x + 18, y + int(line * tall)), (x + wide - 18, y + int(line * tall))
        cv2.line(canvas, start, end, (240, 232, 214), 5)


def _sofa(canvas: FloatArray, corner: tuple[int, int], wide: float, tall: float) -> None:
    x, y = corner
    w, h = int(wide), int(tall)
    cloth, dark, light = (58, 92, 96), (42, 68, 72), (76, 114, 118)
    cv2.rectangle(canvas, (x, y - h), (x + w, y - h // 3), cloth, -1)
    for seat in range(3):
        left = x + 10 + seat * (w - 20) // 3
        right = left + (w - 20) // 3 - 6
        cv2.rectangle(canvas, (left, y - h + 12), (right, y - h // 2), light, -1)
        cv2.rectangle(canvas, (left, y - h // 2 + 4), (right, y - h // 5), light, -1)
    cv2.rectangle(canvas, (x, y - h // 5), (x + w, y - 12), dark, -1)
    for side in (x - 18, x + w - 14):
        cv2.rectangle(canvas, (side, y - int(0.7 * h)), (side + 32, y - 8), dark, -1)
    cv2.circle(canvas, (x + w // 5, y - int(0.55 * h)), int(0.2 * h), (214, 140, 72), -1)


def _lamp(canvas: FloatArray, foot: tuple[int, int]) -> None:
    x, y = foot
    cv2.rectangle(canvas, (x - 3, y - 310), (x + 3, y), (42, 40, 40), -1)
    shade = [(x - 30, y - 303), (x + 30, y - 303), (x + 18, y - 368), (x - 18, y - 368)]
    cv2.fillPoly(canvas, [np.array(shade)], (255, 226, 160))


def _plant(
    canvas: FloatArray, rng: np.random.Generator, foot: tuple[int, int], tall: float
) -> None:
    x, y = foot
    pot = int(0.28 * tall)
    for _ in range(26):
        angle = rng.uniform(-1.25, 1.25)
        reach = tall * rng.uniform(0.6, 1.25)
        end = np.array([x + reach * np.sin(angle) * 0.7, y - pot - reach * np.cos(angle)])
        tone = tuple(float(v) for v in np.array([60, 120, 66]) * rng.uniform(0.6, 1.25))
        middle = ((x + end[0]) / 2, (y - pot + end[1]) / 2)
        size = (int(0.5 * reach), max(3, int(0.09 * reach)))
        tilt = float(np.degrees(np.arctan2(end[1] - y + pot, end[0] - x)))
        cv2.ellipse(canvas, (int(middle[0]), int(middle[1])), size, tilt, 0, 360, tone, -1)
    shape = [(x - pot, y - int(1.5 * pot)), (x + pot, y - int(1.5 * pot)),
             (x + int(0.7 * pot), y), (x - int(0.7 * pot), y)]  # fmt: skip
    cv2.fillPoly(canvas, [np.array(shape)], (186, 104, 72))
