"""A bar of lamps and moving beats, drawn under the frames of a video.

Beats of the dance move along an upper row and beats of the music along a lower row, from
right to left. When a beat passes the lamp of its row, the lamp flashes. Matched beats are
joined by a line, and a bridge between the two lamps lights up with them. Everything that does
not change is drawn and converted once, so that a frame costs little more than copying a part of
an image.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.metrics.beats import matched_beats
from d2m.rendering.drawing import Image, draw_text, fade_to, font, mix_colours, rgb
from d2m.rendering.palette import DARK
from d2m.rendering.yuv_canvas import PLANE_STEPS, Planes, YuvCanvas, image_planes, yuv_colour

FLASH_S = 0.15
"""Time in which a flash fades out (s). Chosen by eye."""
WINDOW_S = 4.0
"""Duration that the bar shows at once (s). Chosen by eye."""

# Position of the lamps as a share of the bar's width, from the left.
_LAMP_POSITION = 0.3
# Opacity of the beats that have passed the lamps.
_PAST_OPACITY = 0.4
# Fractional bits of the coordinates that OpenCV's drawing functions take.
_SHIFT = 4
# All following sizes are in units of the font size and were chosen by eye.
_HEIGHT = 3.6
_BEAT_RADIUS = 0.28
_MATCH_WIDTH = 1 / 6
_LAMP_RADIUS = 0.54
_GLOW_REACH = 1.9
_BRIDGE_HALF_WIDTH = 0.25
# Colours of the lamps' rims, of their lights and the bridge's, and of the lit centres.
_RIM, _WHITE = (np.array(yuv_colour(colour), np.float32) for colour in (DARK.faint, "#FFFFFF"))
_LIGHTS = [
    np.array(yuv_colour(one), np.float32) for one in (DARK.dance, DARK.music, DARK.match_text)
]


def flashes(beats_s: NDArray[Any], fps: float, n_frames: int) -> NDArray[np.float64]:
    """Return the brightness of a lamp in each frame.

    A beat lights the frame nearest to it at full brightness; from there the light fades
    linearly.

    Parameters
    ----------
    beats_s : (B,)
        Ascending beat times (s).
    fps
        Frame rate (Hz).
    n_frames
        Number of frames; the first is at 0 s.

    Returns
    -------
    (n_frames,)
        Brightness, 0 to 1.
    """
    lit = np.sort(np.ceil(np.asarray(beats_s, dtype=float) * fps - 0.5 - 1e-6))
    frames = np.arange(n_frames)
    last = np.searchsorted(lit, frames, side="right") - 1
    since = np.where(last >= 0, frames - lit[last] if len(lit) else 0.0, np.inf) / fps
    return np.maximum(0.0, 1.0 - since / FLASH_S)


def bar_height(font_px: int) -> int:
    """Return the height of a bar with a font size (both px)."""
    return 2 * round(_HEIGHT / 2 * font_px)


class BeatBar:
    """The beat bar of one clip.

    Parameters
    ----------
    width
        Width of the bar (px).
    font_px
        Font size (px); the other sizes, and the bar's :attr:`height`, follow from it.
    dance_beats_s, music_beats_s : (B,), (M,)
        Ascending beat times (s).
    fps, n_frames
        Frame rate (Hz) and number of frames of the video.
    """

    def __init__(
        self,
        width: int,
        font_px: int,
        *,
        dance_beats_s: NDArray[Any],
        music_beats_s: NDArray[Any],
        fps: float,
        n_frames: int,
    ) -> None:
        self.height = bar_height(font_px)
        self.rows = (0.28 * self.height, 0.72 * self.height)
        """Vertical centres of the two rows (px)."""
        self._background = np.empty((self.height, width, 3), np.uint8)
        self._background[:] = rgb(DARK.background)
        self._left = _draw_labels(self._background, font_px, self.rows)
        shown = width - self._left
        self._speed = shown / WINDOW_S
        self.lamp_x = self._left + 2 * round(_LAMP_POSITION * shown / 2)
        """Horizontal centre of the lamps (px)."""
        beats = [np.asarray(b, dtype=float) for b in (dance_beats_s, music_beats_s)]
        pairs = matched_beats(beats[0], beats[1])
        matched = np.column_stack([row[pairs[:, i]] for i, row in enumerate(beats)])
        lights = (*beats, matched.max(axis=1) if len(matched) else matched[:, 0])
        self._brightness = np.stack([flashes(row, fps, n_frames) for row in lights], axis=1)
        self._fps = fps
        strip = self._draw_strip(font_px, beats, matched, shown, n_frames / fps)
        past = fade_to(strip, rgb(DARK.background), 1 - _PAST_OPACITY)
        # From an even and from an odd pixel on, because the chroma has one value for two.
        self._strips = [_shifted(strip, odd) for odd in (0, 1)]
        self._pasts = [_shifted(past, odd) for odd in (0, 1)]
        self._names = image_planes(self._background)
        self._lamps = self._draw_lamps(font_px)

    def paint(self, canvas: YuvCanvas, at: tuple[int, int], index: int) -> None:
        """Draw the bar of one frame.

        Parameters
        ----------
        canvas
            Where to draw.
        at
            Place (x, y) of the bar's upper left corner (px).
        index
            Index of the frame.
        """
        start = round(index / self._fps * self._speed)
        strip, past = self._strips[start % 2], self._pasts[start % 2]
        bar = canvas.area(*at, self._background.shape[1], self.height)
        for i, step in enumerate(PLANE_STEPS):
            plane, left, lamp = bar[i], self._left // step, self.lamp_x // step
            first = start // 2 * 2 // step
            plane[:, :left] = self._names[i][:, :left]
            plane[:, left:lamp] = past[i][:, first : first + lamp - left]
            first += lamp - left
            plane[:, lamp:] = strip[i][:, first : first + plane.shape[1] - lamp]
            reach = self._lamps[i].shape[-1] // 2
            self._light(plane[:, lamp - reach : lamp + reach], i, self._brightness[index])

    def _light(self, part: NDArray[np.uint8], plane: int, brightness: NDArray[np.float64]) -> None:
        """Draw the lamps into a part of a plane; the opacities of colours add up in YCbCr, too."""
        rim, *glows = self._lamps[plane]
        blend = part + rim * (_RIM[plane] - part)
        for i, (glow, light) in enumerate(zip(glows, brightness, strict=True)):
            if light > 0:
                blend += glow * np.float32(light) * (_LIGHTS[i][plane] - blend)
                if i < 2:  # the centres of the lamps are nearly white
                    core = np.maximum(0.0, glow - 0.9) * np.float32(10 * 0.55 * light)
                    blend += core * (_WHITE[plane] - blend)
        part[:] = np.rint(blend)

    def _draw_strip(
        self,
        font_px: int,
        beats: list[NDArray[np.float64]],
        matched_s: NDArray[np.float64],
        shown: int,
        duration_s: float,
    ) -> Image:
        """Draw the beats of the whole clip side by side, of which each frame shows a part.

        Matched beats are filled and joined; the others are rings.
        """
        import cv2

        length = shown + int(np.ceil(duration_s * self._speed)) + 4
        strip = np.empty((self.height, length, 3), np.uint8)
        strip[:] = rgb(DARK.background)
        for row in self.rows:
            strip[round(row)] = mix_colours(DARK.faint, DARK.background, 0.35)

        def point(time_s: float, row: int) -> tuple[int, int]:
            x = self.lamp_x - self._left + time_s * self._speed
            return round(x * 2**_SHIFT), round(self.rows[row] * 2**_SHIFT)

        width = max(1, round(_MATCH_WIDTH * font_px))
        for pair in matched_s:
            start, end = point(pair[0], 0), point(pair[1], 1)
            cv2.line(strip, start, end, rgb(DARK.match), width, cv2.LINE_AA, _SHIFT)
        radius = round(_BEAT_RADIUS * font_px * 2**_SHIFT)
        for row, colour in enumerate((DARK.dance, DARK.music)):
            for time_s in beats[row]:
                cv2.circle(strip, point(time_s, row), radius, rgb(colour), -1, cv2.LINE_AA, _SHIFT)
            hole, background = round(0.55 * radius), rgb(DARK.background)
            for time_s in np.setdiff1d(beats[row], matched_s[:, row]):
                cv2.circle(strip, point(time_s, row), hole, background, -1, cv2.LINE_AA, _SHIFT)
        return strip

    def _draw_lamps(self, font_px: int) -> list[NDArray[np.float32]]:
        """Return the opacity of the lamps' rims and lights in the pixels around them.

        Returns
        -------
        list of (4, H, W)
            For each plane the opacity, 0 to 1: of the rims; of the lights of dance, music and
            bridge.
        """
        reach = max(2, min(round(_GLOW_REACH * font_px), self.lamp_x - self._left) // 2 * 2)
        y, x = np.mgrid[: self.height, -reach:reach].astype(np.float32)
        x += 0.5
        distances = [np.hypot(x, y + 0.5 - row) for row in self.rows]
        radius = _LAMP_RADIUS * font_px
        width = max(1.0, font_px / 14)
        rim = sum(np.clip(1 + width / 2 - np.abs(d - radius), 0, 1) for d in distances)
        lamps = [
            np.maximum(np.clip(radius + 0.5 - d, 0, 1), 0.55 * np.exp(-((d / radius / 1.6) ** 2)))
            for d in distances
        ]
        between = (y > self.rows[0]) & (y < self.rows[1])
        between &= np.minimum(*distances) > radius
        bridge = np.clip(_BRIDGE_HALF_WIDTH * font_px + 0.5 - np.abs(x), 0, 1) * between
        whole = np.stack([np.asarray(rim), *lamps, bridge]).astype(np.float32)
        halved = whole.reshape(4, self.height // 2, 2, reach, 2).mean(axis=(2, 4))
        return [whole, halved, halved]


def _shifted(strip: Image, odd: int) -> Planes:
    """Return the planes of a strip without its first column if ``odd`` is 1."""
    return image_planes(strip[:, odd : odd + (strip.shape[1] - 1) // 2 * 2])


def _draw_labels(background: Image, font_px: int, rows: tuple[float, float]) -> int:
    """Draw the names of the rows, and return the right edge of their column (px)."""
    names = (("Dance", DARK.dance_text), ("Music", DARK.music_text))
    width = max(font(font_px).getlength(name) for name, _ in names)
    # In a very narrow video the beats need the space more than their names do.
    if width + 1.2 * font_px > 0.4 * background.shape[1]:
        return 0
    for (name, colour), row in zip(names, rows, strict=True):
        draw_text(background, name, (0.6 * font_px + width / 2, row), font_px, colour)
    return 2 * round((width + 1.2 * font_px) / 2)
