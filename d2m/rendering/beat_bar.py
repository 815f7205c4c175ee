"""A bar of lamps and moving beats, drawn under the frames of a video.

Beats of the dance move along an upper row and beats of the music along a lower row, from
right to left. When a beat passes the lamp of its row, the lamp flashes. Matched beats are
joined by a line, and a bridge between the two lamps lights up with them. Everything that does
not change is drawn once, so that a frame costs little more than copying a part of an image.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.metrics.beats import matched_beats
from d2m.rendering.drawing import Image, draw_text, fade_to, font, mix_colours, rgb
from d2m.rendering.palette import DARK

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
        self.height = 2 * round(_HEIGHT / 2 * font_px)
        self.rows = (0.28 * self.height, 0.72 * self.height)
        """Vertical centres of the two rows (px)."""
        self._background = np.empty((self.height, width, 3), np.uint8)
        self._background[:] = rgb(DARK.background)
        self._left = _draw_labels(self._background, font_px, self.rows)
        shown = width - self._left
        self._speed = shown / WINDOW_S
        self.lamp_x = self._left + round(_LAMP_POSITION * shown)
        """Horizontal centre of the lamps (px)."""
        beats = [np.asarray(b, dtype=float) for b in (dance_beats_s, music_beats_s)]
        pairs = matched_beats(beats[0], beats[1])
        matched = np.column_stack([row[pairs[:, i]] for i, row in enumerate(beats)])
        lights = (*beats, matched.max(axis=1) if len(matched) else matched[:, 0])
        self._brightness = np.stack([flashes(row, fps, n_frames) for row in lights], axis=1)
        self._fps = fps
        self._strip = self._draw_strip(font_px, beats, matched, shown, n_frames / fps)
        self._past = fade_to(self._strip, rgb(DARK.background), 1 - _PAST_OPACITY)
        self._rim, self._glow = self._draw_lamps(font_px)

    def paint(self, canvas: Image, index: int) -> None:
        """Draw the bar of one frame.

        Parameters
        ----------
        canvas : (height, width, 3)
            RGB image to draw into.
        index
            Index of the frame.
        """
        start = round(index / self._fps * self._speed)
        lamp, left = self.lamp_x, self._left
        canvas[:, :left] = self._background[:, :left]
        canvas[:, left:lamp] = self._past[:, start : start + lamp - left]
        width = canvas.shape[1]
        canvas[:, lamp:] = self._strip[:, start + lamp - left : start + width - left]
        reach = self._rim.shape[1] // 2
        part = canvas[:, lamp - reach : lamp + reach]
        blend = part + self._rim * (np.array(rgb(DARK.faint), np.float32) - part)
        colours = (DARK.dance, DARK.music, DARK.match_text)
        for i in range(3):
            light = self._brightness[index, i]
            if light > 0:
                blend += self._glow[i] * light * (np.array(rgb(colours[i]), np.float32) - blend)
                if i < 2:  # the centres of the lamps are nearly white
                    core = np.maximum(0.0, self._glow[i] - 0.9) * 10
                    blend += 0.55 * light * core * (255 - blend)
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

        length = shown + int(np.ceil(duration_s * self._speed)) + 1
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

    def _draw_lamps(self, font_px: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the opacity of the lamps' rims and lights in the pixels around them.

        Returns
        -------
        (H, W, 1), (3, H, W, 1)
            Opacity, 0 to 1: of the rims; of the lights of dance, music and bridge.
        """
        reach = max(2, min(round(_GLOW_REACH * font_px), self.lamp_x - self._left))
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
        glow = np.stack([*lamps, bridge])
        return np.asarray(rim)[..., None].astype(np.float32), glow[..., None].astype(np.float32)


def _draw_labels(background: Image, font_px: int, rows: tuple[float, float]) -> int:
    """Draw the names of the rows, and return the right edge of their column (px)."""
    names = (("Dance", DARK.dance_text), ("Music", DARK.music_text))
    width = max(font(font_px).getlength(name) for name, _ in names)
    # In a very narrow video the beats need the space more than their names do.
    if width + 1.2 * font_px > 0.4 * background.shape[1]:
        return 0
    for (name, colour), row in zip(names, rows, strict=True):
        draw_text(background, name, (0.6 * font_px + width / 2, row), font_px, colour)
    return round(width + 1.2 * font_px)
