"""A bar of lamps and running beats, drawn under the pictures of a video.

Beats of the dance run along an upper row and beats of the music along a lower one, from
right to left. Where a beat passes its row's lamp, the lamp flashes; where two meet, both
lamps flash and a bridge lights up between them. All that lasts is drawn once, so that a
picture costs little more than copying its part.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from d2m.metrics.beats import matched_beats
from d2m.rendering.palette import DARK

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

FLASH_S = 0.15
"""How long a flash takes to go out (s)."""
WINDOW_S = 4.0
"""How much time the bar shows at once (s)."""

_LAMP_AT = 0.3
_PAST = 0.4
_SHIFT = 4  # bits behind the point of OpenCV's coordinates
Image = NDArray[np.uint8]


def flashes(beats_s: NDArray[Any], fps: float, n_pictures: int) -> NDArray[np.float64]:
    """Return how bright a lamp is in each picture, (n_pictures,) between 0 and 1.

    A beat lights the picture whose time is nearest to its own; from there the light falls
    evenly.

    Parameters
    ----------
    beats_s : (B,)
        Ascending beat times (s).
    fps
        Pictures a second (Hz).
    n_pictures
        Pictures of the video, the first one at 0 s.
    """
    lit = np.sort(np.ceil(np.asarray(beats_s, dtype=float) * fps - 0.5 - 1e-6))
    pictures = np.arange(n_pictures)
    last = np.searchsorted(lit, pictures, side="right") - 1
    since = np.where(last >= 0, pictures - lit[last] if len(lit) else 0.0, np.inf) / fps
    return np.maximum(0.0, 1.0 - since / FLASH_S)


class BeatBar:
    """The bar of one clip.

    Parameters
    ----------
    width
        Of the bar (px).
    letters
        Size of its letters (px), which sets its :attr:`height`.
    dance_beats_s, music_beats_s : (B,), (M,)
        Ascending beat times (s).
    fps, n_pictures
        Rate (Hz) and number of the pictures it is drawn under.
    """

    def __init__(
        self,
        width: int,
        letters: int,
        *,
        dance_beats_s: NDArray[Any],
        music_beats_s: NDArray[Any],
        fps: float,
        n_pictures: int,
    ) -> None:
        self.height = 2 * round(1.8 * letters)
        self.rows = (0.28 * self.height, 0.72 * self.height)
        """Heights of the two rows' middles (px)."""
        self._ground = np.empty((self.height, width, 3), np.uint8)
        self._ground[:] = rgb(DARK.ground)
        self._left = _write_labels(self._ground, letters, self.rows)
        shown = width - self._left
        self._speed = shown / WINDOW_S
        self.lamp_x = self._left + round(_LAMP_AT * shown)
        """Where the lamps are (px)."""
        beats = [np.asarray(b, dtype=float) for b in (dance_beats_s, music_beats_s)]
        pairs = matched_beats(beats[0], beats[1])
        met = np.column_stack([row[pairs[:, i]] for i, row in enumerate(beats)])
        lights = (*beats, met.max(axis=1) if len(met) else met[:, 0])
        self._brightness = np.stack([flashes(row, fps, n_pictures) for row in lights], axis=1)
        self._fps = fps
        self._strip = self._draw_strip(letters, beats, met, shown, n_pictures / fps)
        self._past = _towards(self._strip, rgb(DARK.ground), 1 - _PAST)
        self._socket, self._glow = self._draw_lamps(letters)

    def paint(self, canvas: Image, index: int) -> None:
        """Draw the bar of one picture.

        Parameters
        ----------
        canvas : (height, width, 3)
            Where to draw, RGB.
        index
            Number of the picture.
        """
        start = round(index / self._fps * self._speed)
        lamp, left = self.lamp_x, self._left
        canvas[:, :left] = self._ground[:, :left]
        canvas[:, left:lamp] = self._past[:, start : start + lamp - left]
        width = canvas.shape[1]
        canvas[:, lamp:] = self._strip[:, start + lamp - left : start + width - left]
        reach = self._socket.shape[1] // 2
        part = canvas[:, lamp - reach : lamp + reach]
        blend = part + self._socket * (np.array(rgb(DARK.faint), np.float32) - part)
        colours = (DARK.dance, DARK.music, DARK.match_text)
        for i in range(3):
            light = self._brightness[index, i]
            if light > 0:
                blend += self._glow[i] * light * (np.array(rgb(colours[i]), np.float32) - blend)
                if i < 2:  # the lamps' middles go towards white
                    core = np.maximum(0.0, self._glow[i] - 0.9) * 10
                    blend += 0.55 * light * core * (255 - blend)
        part[:] = np.rint(blend)

    def _draw_strip(
        self,
        letters: int,
        beats: list[NDArray[np.float64]],
        met_s: NDArray[np.float64],
        shown: int,
        duration_s: float,
    ) -> Image:
        """Draw all beats beside each other, as they pass by.

        Beats that meet are full and joined, the others are rings.
        """
        import cv2

        length = shown + int(np.ceil(duration_s * self._speed)) + 1
        strip = np.empty((self.height, length, 3), np.uint8)
        strip[:] = rgb(DARK.ground)
        for row in self.rows:
            strip[round(row)] = _mixed(DARK.faint, DARK.ground, 0.35)

        def place(time_s: float, row: int) -> tuple[int, int]:
            x = self.lamp_x - self._left + time_s * self._speed
            return round(x * 2**_SHIFT), round(self.rows[row] * 2**_SHIFT)

        wide = max(1, round(letters / 6))
        for pair in met_s:
            start, end = place(pair[0], 0), place(pair[1], 1)
            cv2.line(strip, start, end, rgb(DARK.match), wide, cv2.LINE_AA, _SHIFT)
        radius = round(0.28 * letters * 2**_SHIFT)
        for row, colour in enumerate((DARK.dance, DARK.music)):
            for time_s in beats[row]:
                cv2.circle(strip, place(time_s, row), radius, rgb(colour), -1, cv2.LINE_AA, _SHIFT)
            for time_s in np.setdiff1d(beats[row], met_s[:, row]):
                inner = round(0.55 * radius)
                cv2.circle(
                    strip, place(time_s, row), inner, rgb(DARK.ground), -1, cv2.LINE_AA, _SHIFT
                )
        return strip

    def _draw_lamps(self, letters: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return how much each pixel around the lamps takes part.

        Returns
        -------
        (H, W, 1), (3, H, W, 1)
            In the lamps' rims; in the light of the dance, of the music, of the bridge.
        """
        reach = max(2, min(round(1.9 * letters), self.lamp_x - self._left))
        y, x = np.mgrid[: self.height, -reach:reach].astype(np.float32)
        x += 0.5
        away = [np.hypot(x, y + 0.5 - row) for row in self.rows]
        radius = 0.54 * letters
        rim = max(1.0, letters / 14)
        socket = sum(np.clip(1 + rim / 2 - np.abs(d - radius), 0, 1) for d in away)
        lamps = [
            np.maximum(np.clip(radius + 0.5 - d, 0, 1), 0.55 * np.exp(-((d / radius / 1.6) ** 2)))
            for d in away
        ]
        between = (y > self.rows[0]) & (y < self.rows[1])
        between &= np.minimum(*away) > radius
        bridge = np.clip(0.25 * letters + 0.5 - np.abs(x), 0, 1) * between
        glow = np.stack([*lamps, bridge])
        return np.asarray(socket)[..., None].astype(np.float32), glow[..., None].astype(np.float32)


@cache
def font(size: int) -> FreeTypeFont:
    """Return the bold letters that come with Matplotlib, in a size (px)."""
    import matplotlib as mpl
    from PIL import ImageFont

    path = Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans-Bold.ttf"
    return ImageFont.truetype(str(path), size)


def letter_size(width: int, height: int) -> int:
    """Return the size of letters (px) that are read where a video is as wide as a phone."""
    return max(6, round(0.025 * max(width, height)))


def write(image: Image, text: str, at: tuple[float, float], size: int, colour: str) -> None:
    """Write a text into an RGB image (H, W, 3), centred at (x, y) (px), cut to its width."""
    from PIL import Image as Pillow
    from PIL import ImageDraw

    room = 2 * min(at[0], image.shape[1] - at[0])
    while len(text) > 1 and font(size).getlength(text) > room:
        text = f"{text[:-2]}…"
    canvas = Pillow.fromarray(image)
    ImageDraw.Draw(canvas).text(at, text, fill=rgb(colour), font=font(size), anchor="mm")
    image[:] = np.asarray(canvas)


def rgb(colour: str) -> tuple[int, int, int]:
    """Return the parts of a colour ``#RRGGBB``, 0 to 255."""
    red, green, blue = bytes.fromhex(colour[1:])
    return red, green, blue


def _write_labels(ground: Image, letters: int, rows: tuple[float, float]) -> int:
    """Write the rows' names, and return where their column ends (px)."""
    names = (("Dance", DARK.dance_text), ("Music", DARK.music_text))
    wide = max(font(letters).getlength(name) for name, _ in names)
    # In a very narrow video the beats say more than their names.
    if wide + 1.2 * letters > 0.4 * ground.shape[1]:
        return 0
    for (name, colour), row in zip(names, rows, strict=True):
        write(ground, name, (0.6 * letters + wide / 2, row), letters, colour)
    return round(wide + 1.2 * letters)


def _mixed(colour: str, ground: str, share: float) -> tuple[int, int, int]:
    """Return a colour that is ``share`` of one and the rest another."""
    red, green, blue = (
        round(share * one + (1 - share) * other)
        for one, other in zip(rgb(colour), rgb(ground), strict=True)
    )
    return red, green, blue


def _towards(image: Image, colour: tuple[int, int, int], share: float) -> Image:
    """Return an image (H, W, 3) moved towards a colour."""
    import cv2

    ground = np.empty_like(image)
    ground[:] = colour
    return np.asarray(cv2.addWeighted(image, 1 - share, ground, share, 0), dtype=np.uint8)
