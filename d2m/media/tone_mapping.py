"""How bright and strong colours are shown on an ordinary screen: HDR and wide gamuts as BT.709.

HDR is converted as FFmpeg's filters do it in their most common combination:
``zscale=t=linear:npl=100,zscale=p=bt709,tonemap=hable:desat=0,zscale=t=bt709``. Hable's curve
keeps the detail of bright parts, which other curves burn out, at the cost of a slightly darker
picture; all three channels get one factor, so colours keep their hue. PyAV has no zscale, and
a table of colours for FFmpeg's `lut3d` would be off by up to 25/255 in strong dark colours, even
with 65 points, so the few steps are computed here.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from d2m.media.colour import (
    BT709_TAG,
    BT2020_PRIMARIES,
    DCI_P3_PRIMARIES,
    DISPLAY_P3_PRIMARIES,
    HDR_TRANSFERS,
    HLG_TRANSFER,
    PQ_TRANSFER,
)

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

MAPPED_FORMAT = "gbrp12le"
"""Pixel format of frames before and after: RGB in planes, with two bits more than HDR, because
near black a code's rounding is multiplied."""
NOMINAL_WHITE_NITS = 100.0
"""Luminance that is 1 before the curve (cd/m^2): zscale's ``npl`` in the usual recipes."""
PEAK_NITS = 1000.0
"""Luminance that becomes the white of SDR (cd/m^2): that of HLG's reference display. FFmpeg's
`tonemap` takes it too where zscale comes before it, which drops what the clip says of itself."""
# Chromaticities x, y of red, green, blue and white, from BT.709, BT.2020 and SMPTE EG 432-1
# and RP 431-2.
_D65 = (0.3127, 0.3290)
_CHROMATICITIES = {
    BT709_TAG: ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06), _D65),
    BT2020_PRIMARIES: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), _D65),
    DISPLAY_P3_PRIMARIES: ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06), _D65),
    # Digital cinema's white is greenish; shown with another white, as players do.
    DCI_P3_PRIMARIES: ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06), _D65),
}
# Exponent of an SDR screen (BT.1886).
_SDR_GAMMA = 2.4
# Constants of PQ in BT.2100, whose 1 is 10 000 cd/m^2.
_PQ_M1, _PQ_M2 = 2610 / 16384, 2523 / 4096 * 128
_PQ_C1, _PQ_C2, _PQ_C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
_PQ_NITS = 10_000.0
# Constants of HLG in BT.2100, whose 1 is 1000 cd/m^2 on the reference display.
_HLG_A, _HLG_B, _HLG_C = 0.17883277, 0.28466892, 0.55991073
_HLG_GAMMA, _HLG_NITS = 1.2, 1000.0
# Hable's curve: shoulder, linear part, angle, toe, and the toe's numerator and denominator.
_SHOULDER, _LINEAR, _ANGLE, _TOE, _TOE_TOP, _TOE_BOTTOM = 0.15, 0.50, 0.10, 0.20, 0.02, 0.30

# Code of full red, green or blue: FFmpeg's scaler multiplies the 255 of 8 bits by 16, here and
# on the way back. Codes may be higher, up to the maximum of 12 bits.
_FULL_CODE, _MAX_CODE = 4080, 4095
# Least level of the curve, as in `tonemap`.
_DARKEST = np.float32(1e-6)
# Lines in a block; chosen by hand so that its arrays stay in the processor's cache.
_BLOCK_LINES = 32

_Codes = NDArray[np.uint16]


def to_bt709(rgb: NDArray[np.float64], transfer: int, primaries: int) -> NDArray[np.float64]:
    """Return the SDR BT.709 colours that show HDR or wide-gamut colours.

    Parameters
    ----------
    rgb
        Coded colours ``(..., 3)``, 0 to 1.
    transfer, primaries
        What they mean, by the numbers of H.273. Transfer functions other than PQ and HLG are
        SDR: only the primaries are converted, and greys stay as they are.

    Returns
    -------
    numpy.ndarray
        Coded colours ``(..., 3)``, 0 to 1.
    """
    light = _light(rgb, transfer)
    light = light @ _gamut_matrix(primaries).T
    if transfer in HDR_TRANSFERS:
        strongest = np.maximum(light.max(axis=-1, keepdims=True), _DARKEST)
        light = light * (_hable(strongest) / (_peak() * strongest))
    return np.asarray(np.clip(light, 0.0, 1.0) ** (1 / _SDR_GAMMA))


def _light(rgb: NDArray[np.float64], transfer: int) -> NDArray[np.float64]:
    """Return the light of coded colours, in units of the nominal white."""
    if transfer == PQ_TRANSFER:
        root = rgb ** (1 / _PQ_M2)
        light = (np.maximum(root - _PQ_C1, 0.0) / (_PQ_C2 - _PQ_C3 * root)) ** (1 / _PQ_M1)
        return np.asarray(light * (_PQ_NITS / NOMINAL_WHITE_NITS))
    if transfer == HLG_TRANSFER:
        scene = np.where(rgb <= 0.5, rgb**2 / 3, (np.exp((rgb - _HLG_C) / _HLG_A) + _HLG_B) / 12)
        # For each channel, as zscale does, rather than for the luminance.
        return np.asarray(scene**_HLG_GAMMA * (_HLG_NITS / NOMINAL_WHITE_NITS))
    return np.asarray(rgb**_SDR_GAMMA)


def _hable(light: NDArray[Any]) -> NDArray[Any]:
    """Return Hable's filmic curve of a level."""
    top = light * (light * _SHOULDER + _LINEAR * _ANGLE) + _TOE * _TOE_TOP
    bottom = light * (light * _SHOULDER + _LINEAR) + _TOE * _TOE_BOTTOM
    return np.asarray(top / bottom - _TOE_TOP / _TOE_BOTTOM)


def _peak() -> NDArray[np.float64]:
    """Return Hable's curve of the brightest level."""
    return _hable(np.array(PEAK_NITS / NOMINAL_WHITE_NITS))


def _gamut_matrix(primaries: int) -> NDArray[np.float64]:
    """Return the matrix ``(3, 3)`` from linear RGB with these primaries to linear BT.709."""
    bt709 = _CHROMATICITIES[BT709_TAG]
    own = _CHROMATICITIES.get(primaries, bt709)
    return np.asarray(np.linalg.solve(_rgb_to_xyz(bt709), _rgb_to_xyz(own)))


def _rgb_to_xyz(chromaticities: tuple[tuple[float, float], ...]) -> NDArray[np.float64]:
    """Return the matrix ``(3, 3)`` from linear RGB with these primaries and white to CIE XYZ."""
    xyz = np.array([(x / y, 1.0, (1 - x - y) / y) for x, y in chromaticities]).T
    return np.asarray(xyz[:, :3] * np.linalg.solve(xyz[:, :3], xyz[:, 3]))


class ToneMapper:
    """Converts frames as :func:`to_bt709` does, in blocks of a few lines.

    Parameters
    ----------
    transfer, primaries
        As for :func:`to_bt709`.
    """

    def __init__(self, transfer: int, primaries: int) -> None:
        codes = np.minimum(np.arange(_MAX_CODE + 1) / _FULL_CODE, 1.0)
        self._light = _light(codes, transfer).astype(np.float32)
        self._matrix = _gamut_matrix(primaries).astype(np.float32)
        self._peak = _peak().astype(np.float32) if transfer in HDR_TRANSFERS else None

    def __call__(self, frame: VideoFrame) -> VideoFrame:
        """Return the SDR BT.709 frame of a frame; both in :data:`MAPPED_FORMAT`."""
        from av import VideoFrame

        result = VideoFrame(frame.width, frame.height, MAPPED_FORMAT)
        result.pts, result.time_base = frame.pts, frame.time_base or Fraction(1, 1000)
        for source, target in zip(_blocks(frame), _blocks(result), strict=True):
            self._map(source, target)
        return result

    def _map(self, source: list[_Codes], target: list[_Codes]) -> None:
        """Write the codes of a block of RGB planes; float32, in place where possible."""
        import cv2

        channels = [self._light.take(plane, mode="clip") for plane in source]
        light = np.empty((3, *source[0].shape), np.float32)
        scratch = np.empty_like(light[0])
        for row, weights in zip(light, self._matrix, strict=True):
            np.multiply(channels[0], weights[0], out=row)
            for channel, weight in zip(channels[1:], weights[1:], strict=True):
                row += np.multiply(channel, weight, out=scratch)
        if self._peak is not None:
            strongest = np.maximum(light.max(axis=0), _DARKEST)
            light *= _hable(strongest) / (strongest * self._peak)
        np.clip(light, 0.0, 1.0, out=light)
        # NumPy's own power takes five times as long.
        flat = light.reshape(-1, light.shape[-1])
        cv2.pow(flat, 1 / _SDR_GAMMA, flat)
        light *= np.float32(_FULL_CODE)
        light += np.float32(0.5)
        for plane, row in zip(target, light, strict=True):
            plane[...] = row


def _blocks(frame: VideoFrame) -> Iterator[list[_Codes]]:
    """Yield the red, green and blue codes of some lines of a frame at a time, as views."""
    buffers: list[Any] = [frame.planes[index] for index in (2, 0, 1)]
    planes = [
        np.frombuffer(buffer, np.uint16).reshape(frame.height, -1)[:, : frame.width]
        for buffer in buffers
    ]
    for top in range(0, frame.height, _BLOCK_LINES):
        yield [plane[top : top + _BLOCK_LINES] for plane in planes]
