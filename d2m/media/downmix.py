"""Mix the channels of a sound down to two or to one without losing what is heard."""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from d2m.media.accepted_formats import SAMPLE_RATES

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.layout import AudioLayout
    from av.audio.resampler import AudioResampler

# Left and right add up to more than this much (dB) less than they are alone only where they
# cancel each other: two unrelated channels lose 3 dB. Chosen by hand.
_CANCELLED_DB = 12.0
# The most by which a downmix can exceed its loudest channel (no unit): front, centre and one
# surround channel at 1, 0.707 and 0.707 (ITU-R BS.775).
_MOST_ADDED = 1 + sqrt(2)
# No peak is larger than this (12 dB over full scale), even where peaks are not cut. Chosen by
# hand: lossy codecs exceed full scale by 3 dB at most.
_LARGEST_PEAK = 4.0


class StereoResampler:
    """Convert decoded audio to two channels of 32-bit floats at one sample rate.

    Surround sound is mixed with the coefficients of ITU-R BS.775: centre and surround channels
    at -3 dB, without the low-frequency channel. That may exceed 1, see `within_full_scale`. One
    channel becomes two equal ones. Of channels without known places (and Ambisonics, whose first
    channel holds the sound from all sides), the first two (or that one) are taken.

    Parameters
    ----------
    sample_rate
        Sample rate of the result (Hz).
    """

    def __init__(self, sample_rate: int) -> None:
        self._rate = sample_rate
        self._format: tuple[str, str, int] | None = None
        self._resampler: AudioResampler | None = None
        self._first_two = True
        self.is_surround = False
        """Whether more than two channels have been mixed so far."""

    def convert(
        self, frame: AudioFrame | None
    ) -> Iterator[tuple[float | None, NDArray[np.float32]]]:
        """Yield (timestamp in s, samples ``(2, n)``) of a frame, or of the rest for None.

        Parameters
        ----------
        frame
            A decoded frame, or None at the end of the track.

        Raises
        ------
        av.FFmpegError, ValueError
            If the frame can't be converted.
        """
        if frame is not None:
            self._prepare(frame)
        for part in self._resampler.resample(frame) if self._resampler is not None else ():
            stamp = None
            if part.pts is not None and part.time_base is not None:
                stamp = float(part.pts * part.time_base)
            samples = part.to_ndarray().astype(np.float32, copy=False)
            samples = samples.reshape(-1, part.layout.nb_channels).T
            yield stamp, samples[:2] if self._first_two else samples[:1].repeat(2, axis=0)

    def _prepare(self, frame: AudioFrame) -> None:
        """Set up the conversion of a format; the format may change within a track.

        A resampler that had nothing to convert would pass frames of the new format through
        unchanged.
        """
        import av

        if not SAMPLE_RATES[0] <= frame.sample_rate <= SAMPLE_RATES[1]:
            raise ValueError(f"{frame.sample_rate} Hz is out of range")
        audio_format = frame.format.name, frame.layout.name, frame.sample_rate
        if audio_format == self._format:
            return
        self._format = audio_format
        self.is_surround |= frame.layout.nb_channels > 2
        count = frame.layout.nb_channels
        places = {channel.name for channel in frame.layout.channels}
        self._first_two = count > 1 and "AMBI0" not in places
        layout: AudioLayout | str = "mono" if count == 1 else "stereo"
        if count > 2 and not places & {"FL", "FC"}:
            layout = frame.layout
        # Interleaved samples, because PyAV loses planes after the eighth.
        self._resampler = av.AudioResampler("flt", layout, self._rate)


def within_full_scale(
    audio: NDArray[np.float32], *, is_surround: bool, is_cut: bool = True
) -> NDArray[np.float32]:
    """Return audio in [-1, 1]: a downmix is made quieter as a whole, other peaks are cut.

    Parameters
    ----------
    audio : (C, N)
        The whole track.
    is_surround
        Whether it is a downmix of more than two channels. Its level stays that of its channels
        unless it would be cut, as in players that do not lower all surround sound by 7.7 dB.
    is_cut
        Whether other peaks are cut; if not, they stay beyond 1.
    """
    audio = np.nan_to_num(audio, copy=False)
    if is_surround and audio.size:
        peak = min(_MOST_ADDED, float(np.abs(audio).max()))
        audio = audio / np.float32(max(1.0, peak))
    most = 1.0 if is_cut else _LARGEST_PEAK
    return np.clip(audio, -most, most)


def mono_mix(stereo: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mix two channels to one, unless they cancel each other: then return the stronger one.

    Left and right are inverse where a plug is wired wrongly, in some phone microphones and in
    effects that widen the sound. That is decided over the whole track, because a change within it
    would be heard.

    Parameters
    ----------
    stereo : (2, N)
        Left and right.

    Returns
    -------
    numpy.ndarray
        Waveform ``(N,)``.
    """
    middle: NDArray[np.float32] = stereo.mean(axis=0, dtype=np.float32)
    powers = [float(np.square(channel, dtype=np.float64).sum()) for channel in (*stereo, middle)]
    if powers[2] < np.mean(powers[:2]) * 10 ** (-_CANCELLED_DB / 10):
        stronger: NDArray[np.float32] = stereo[int(powers[1] > powers[0])]
        return stronger
    return middle
