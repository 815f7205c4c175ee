"""Draw compound words for a video from the Transformer of CMT.

The video steers by CMT's degree of control C: with this probability, the density of a bar is
replaced by that which the video asks, a beat is put on the tick of a visual beat that the network
would pass by, and the strength of a beat there is replaced by that of the visual beat. Fields are
drawn by nucleus sampling.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from d2m.core.metrical_grid import STEPS_PER_BAR
from d2m.core.progress import Progress, silent
from d2m.generation.baselines.bar_library import AskedBars
from d2m.models.compound_transformer import CompoundTransformer
from d2m.score.compound_words import (
    BAR_WORD,
    BEAT_WORD,
    MAX_STRENGTH,
    NOTE_WORD,
    WORD_FIELDS,
    IntegerTable,
)

CONTROL = 0.7
"""Degree of control C, as in the paper."""
NUCLEUS = 0.9
"""Probability of the likeliest values that a field is drawn from. Chosen by hand."""
CONTEXT_WORDS = 480
"""Words after which the network begins anew with the last bars: longer than in training, the
sums of linear attention mean something else."""
CONTEXT_BARS = 4
"""Bars that it then reads again. Chosen by hand."""

_NEVER = float("-inf")


class WordSampler:
    """Draw words one after another.

    Parameters
    ----------
    network
        The network.
    style
        Number of the style.
    asked
        What the video asks; its number of bars is written.
    control
        Probability with which the video replaces what the network has drawn.
    rng
        Random numbers.
    """

    def __init__(
        self,
        network: CompoundTransformer,
        style: int,
        asked: AskedBars,
        control: float,
        rng: np.random.Generator,
    ) -> None:
        self._network, self._asked, self._control, self._rng = network, asked, control, rng
        self._style = torch.tensor([style])
        self._states = network.initial_states()
        self._words: list[tuple[int, ...]] = []
        self._bar_starts: list[int] = []
        self._read = 0
        self._notes_here = 0

    @torch.inference_mode()
    def sample(self, progress: Progress = silent, stage: str = "") -> IntegerTable:
        """Return the words (W, 7) of all bars.

        Parameters
        ----------
        progress
            Called with the stage and the share of the bars that are written.
        stage
            Name of the stage.
        """
        n_bars = len(self._asked.density)
        word: tuple[int, ...] = (BAR_WORD, 0, int(self._asked.density[0]), 0, 0, 0, 0)
        while True:
            state = self._add(word)
            following = self._next(word, state)
            if following[0] == BAR_WORD:
                progress(stage, len(self._bar_starts) / n_bars)
                if len(self._bar_starts) == n_bars:
                    return np.array(self._words, dtype=np.int64)
            word = following

    def _add(self, word: tuple[int, ...]) -> Tensor:
        """Append a word, and return the network's state after it."""
        if word[0] == BAR_WORD:
            self._bar_starts.append(len(self._words))
            if self._read > CONTEXT_WORDS:
                self._read_again()
        self._words.append(word)
        return self._step(word, len(self._bar_starts) - 1)

    def _read_again(self) -> None:
        """Begin anew with the last bars before the present one."""
        self._states, self._read = self._network.initial_states(), 0
        present = len(self._bar_starts) - 1
        bar = max(0, present - CONTEXT_BARS)
        begin = self._bar_starts[bar]
        for number, word in enumerate(self._words[begin:]):
            bar += word[0] == BAR_WORD and number > 0
            self._step(word, bar)

    def _step(self, word: tuple[int, ...], bar: int) -> Tensor:
        self._read += 1
        values, number = torch.tensor([word]), torch.tensor([bar])
        return self._network.step(values, number, self._style, self._states)

    def _next(self, word: tuple[int, ...], state: Tensor) -> tuple[int, ...]:
        """Draw the word that follows."""
        kind, tick = word[:2]
        logits = self._logits(state, "kind", {})
        if kind == BEAT_WORD:
            logits[[BAR_WORD, BEAT_WORD]] = _NEVER
        elif kind == BAR_WORD or self._notes_here >= MAX_STRENGTH or self._highest(word):
            logits[NOTE_WORD] = _NEVER
        if tick == STEPS_PER_BAR:
            logits[BEAT_WORD] = _NEVER
        chosen = self._draw(logits)
        known = {"kind": torch.tensor([chosen])}
        if chosen == BAR_WORD:
            return self._bar_word(state, known)
        if chosen == BEAT_WORD:
            return self._beat_word(word, state, known)
        return self._note_word(word, state, known)

    @staticmethod
    def _highest(word: tuple[int, ...]) -> bool:
        """Return whether no note can follow a note on its tick, as notes ascend."""
        last_pitch = WORD_FIELDS["pitch"] - 1
        return word[4] == WORD_FIELDS["instrument"] - 1 and word[5] == last_pitch

    def _bar_word(self, state: Tensor, known: dict[str, Tensor]) -> tuple[int, ...]:
        density = self._draw(self._logits(state, "density", known))
        bar = len(self._bar_starts)
        if bar < len(self._asked.density) and self._rng.random() < self._control:
            density = int(self._asked.density[bar])
        return (BAR_WORD, 0, density, 0, 0, 0, 0)

    def _beat_word(
        self, word: tuple[int, ...], state: Tensor, known: dict[str, Tensor]
    ) -> tuple[int, ...]:
        logits = self._logits(state, "tick", known)
        logits[: word[1] + 1] = _NEVER
        tick = self._draw(logits)
        visual = self._asked.strength[len(self._bar_starts) - 1]
        for earlier in range(word[1] + 1, tick):
            if visual[earlier - 1] and self._rng.random() < self._control:
                tick = earlier
                break
        logits = self._logits(state, "strength", known)
        logits[0] = _NEVER
        strength = self._draw(logits)
        if visual[tick - 1] and self._rng.random() < self._control:
            strength = int(visual[tick - 1])
        self._notes_here = 0
        return (BEAT_WORD, tick, max(0, word[2] - 1), strength, 0, 0, 0)

    def _note_word(
        self, word: tuple[int, ...], state: Tensor, known: dict[str, Tensor]
    ) -> tuple[int, ...]:
        before, below = word[4], word[5]
        logits = self._logits(state, "instrument", known)
        logits[: max(1, before + (below == WORD_FIELDS["pitch"] - 1))] = _NEVER
        instrument = self._draw(logits)
        known = known | {"instrument": torch.tensor([instrument])}
        logits = self._logits(state, "pitch", known)
        if instrument == before:
            logits[: below + 1] = _NEVER
        pitch = self._draw(logits)
        known = known | {"pitch": torch.tensor([pitch])}
        logits = self._logits(state, "duration", known)
        logits[0] = _NEVER
        self._notes_here += 1
        rest = (word[1], word[2], max(0, word[3] - 1))
        return (NOTE_WORD, *rest, instrument, pitch, self._draw(logits))

    def _logits(self, state: Tensor, name: str, known: dict[str, Tensor]) -> NDArray[np.float64]:
        return self._network.logits(state, name, known)[0].double().numpy()

    def _draw(self, logits: NDArray[np.float64]) -> int:
        """Draw one of the likeliest values."""
        shares = np.exp(logits - logits.max())
        shares /= shares.sum()
        order = np.argsort(-shares, kind="stable")
        total = np.cumsum(shares[order])
        kept = order[: int(np.searchsorted(total, NUCLEUS)) + 1]
        return int(self._rng.choice(kept, p=shares[kept] / shares[kept].sum()))
