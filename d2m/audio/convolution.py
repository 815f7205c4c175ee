"""Convolve long audio with an impulse response, block by block."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

# Blocks are at least this long, and this many times as long as the impulse response
# (samples): measured to be fast.
_SHORTEST_BLOCK, _BLOCK_RATIO = 1 << 14, 3


def convolved_blocks(
    signal: NDArray[np.float32], response: NDArray[np.float32], *, advance: int = 0
) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Yield the convolution of a signal with impulse responses in consecutive blocks.

    Parameters
    ----------
    signal : (N,)
        One channel.
    response : (C, K)
        An impulse response for each channel of the output.
    advance
        The output is this much earlier (samples): half of a linear-phase filter.

    Yields
    ------
    (slice, (C, B))
        The place of the block in the output, and the block. Together the blocks cover the
        length of the signal but for stretches of silence; what rings on after its end is cut.
    """
    from scipy.fft import irfft, next_fast_len, rfft

    taps = response.shape[1]
    longest = len(signal) + advance + taps
    size = next_fast_len(min(max(_SHORTEST_BLOCK, _BLOCK_RATIO * taps), longest) + taps, real=True)
    hop = size - taps + 1
    transfer = rfft(response, size)
    tail = np.zeros((len(response), taps - 1), dtype=np.float32)
    rings = False
    for start in range(0, len(signal) + advance, hop):
        block = signal[start : start + hop]
        # The energy is faster to compute than a comparison of each sample.
        if float(np.vdot(block, block)) > 0.0:
            output = irfft(rfft(block, size) * transfer, size)
            output[:, : taps - 1] += tail
            rings = True
        elif rings:
            output = np.zeros((len(response), size), dtype=np.float32)
            output[:, : taps - 1] = tail
            rings = hop < taps - 1
        else:
            continue
        tail = output[:, hop:].copy()
        first, last = max(0, start - advance), min(len(signal), start + hop - advance)
        if last > first:
            begin = first - (start - advance)
            yield slice(first, last), output[:, begin : begin + last - first]
