"""A library of composed bars: CMT without a network, and what its classes of movement mean.

Di et al., "Video Background Music Generation with Controllable Music Transformer" (ACM MM 2021)
translate the movement of a video to music by percentiles: a bar whose flow is larger than that of
70 % of all bars asks for a bar of music that is denser than 70 % of all bars, and so do visual
beats for the strength of simu-notes. The unit of the flow depends on the size of the dancer and
on where it comes from, so it is divided by the clip's median first. Shapes: ``K`` bars of a
video, ``L`` bars of the library, ``Q`` percentiles, ``N`` notes.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from d2m.checkpoints.load_bundled import CHECKPOINTS
from d2m.core.errors import CheckpointError
from d2m.perception.video_rhythm import VideoRhythm
from d2m.score.compound_words import BAR, IntegerTable, simu_note_strengths

FloatArray = NDArray[np.float64]

CMT_BARS_FILE = "baselines/cmt_bars.safetensors"
"""File of the library in a checkpoints folder."""
RETRIEVED_BARS = 4
"""Bars that are taken from one song in a row. Chosen by hand."""
BEST_PHRASES = 5
"""Best phrases of which one is drawn, as in the paper's retrieval."""


class AskedBars(NamedTuple):
    """What a video asks of its music.

    Parameters
    ----------
    density : (K,)
        Simu-notes of each bar.
    strength : (K, 16)
        Notes on each tick with a visual beat; 0 where there is none.
    """

    density: IntegerTable
    strength: IntegerTable


@dataclass(frozen=True, kw_only=True, eq=False)
class BarLibrary:
    """Bars of composed songs in C, and percentiles of movement and music.

    Parameters
    ----------
    notes : (N, 5)
        Notes of all bars, as `d2m.score.compound_words.quantised_notes` returns them, sorted.
    song, style, is_minor : (L,)
        Number of each bar's song, of its style, and whether its third is minor.
    flow_percentiles, beat_percentiles : (Q,)
        Flow of a bar and strength of a visual beat over the medians of their clip, in dances
        that pieces were composed for.
    density_percentiles, strength_percentiles : (S, Q)
        Simu-notes of a bar and notes of a simu-note, in the pieces of each style.
    """

    notes: IntegerTable
    song: IntegerTable
    style: IntegerTable
    is_minor: IntegerTable
    flow_percentiles: FloatArray
    beat_percentiles: FloatArray
    density_percentiles: FloatArray
    strength_percentiles: FloatArray

    @classmethod
    def from_pretrained(cls, folder: Path = CHECKPOINTS) -> BarLibrary:
        """Read the library of a checkpoints folder.

        Raises
        ------
        CheckpointError
            If its file is missing or damaged.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        path = folder / CMT_BARS_FILE
        try:
            stored = load_file(path)
            arrays: dict[str, Any] = {
                each.name: stored[each.name].astype(
                    np.float64 if each.name.endswith("percentiles") else np.int64
                )
                for each in fields(cls)
            }
            return cls(**arrays)
        except (SafetensorError, OSError, KeyError) as error:
            raise CheckpointError(
                f"{path.name} is missing or damaged: install the project again, or make it with "
                "`python -m d2m train cmt --install`."
            ) from error

    def write(self, folder: Path) -> Path:
        """Write the library to a checkpoints folder, and return its file."""
        from safetensors.numpy import save_file

        path = folder / CMT_BARS_FILE
        path.parent.mkdir(parents=True, exist_ok=True)
        stored = {
            each.name: np.ascontiguousarray(
                getattr(self, each.name).astype(
                    np.float32 if each.name.endswith("percentiles") else np.int16
                )
            )
            for each in fields(self)
        }
        part = path.with_suffix(".part")
        save_file(stored, part)
        part.chmod(0o644)  # safetensors creates files that only their owner can read
        part.replace(path)
        return path

    def asked_bars(self, rhythm: VideoRhythm, style: int) -> AskedBars:
        """Translate the movement of a video to densities and strengths of music.

        Parameters
        ----------
        rhythm
            The video's rhythm.
        style
            Number of the style of the music.
        """
        density = _translated(
            over_median(rhythm.bar_flow), self.flow_percentiles, self.density_percentiles[style]
        )
        strength = _translated(
            over_median(rhythm.beat_weights),
            self.beat_percentiles,
            self.strength_percentiles[style],
        )
        return AskedBars(density, np.where(rhythm.beat_weights > 0, strength.clip(min=1), 0))

    def retrieve(self, asked: AskedBars, style: int, rng: np.random.Generator) -> IntegerTable:
        """Choose bars that are as dense and as strong as a video asks.

        Parameters
        ----------
        asked
            What the video asks.
        style
            Number of the style; if the library has none of it, all bars are compared.
        rng
            Draws major or minor, and one of the best phrases for each four bars.

        Returns
        -------
        (N, 5)
            Notes of the chosen bars, in C.
        """
        allowed = self.style == style
        allowed = allowed if allowed.any() else np.ones(len(allowed), dtype=bool)
        allowed &= self.is_minor == rng.choice(self.is_minor[allowed])
        chosen: list[int] = []
        while len(chosen) < len(asked.density):
            part = slice(len(chosen), len(chosen) + RETRIEVED_BARS)
            wanted = AskedBars(asked.density[part], asked.strength[part])
            starts = self.phrase_starts(allowed, len(wanted.density))
            best = starts[np.argsort(self.phrase_differences(wanted, starts), kind="stable")]
            first = int(rng.choice(best[:BEST_PHRASES]))
            chosen.extend(range(first, first + len(wanted.density)))
        return self.bars(chosen)

    def phrase_starts(self, allowed: NDArray[np.bool_], length: int) -> IntegerTable:
        """Return the bars at which that many allowed bars of one song begin."""
        last = len(self.song) - length + 1
        begins = np.arange(max(0, last))
        inside = allowed[begins] & (self.song[begins] == self.song[begins + length - 1])
        return np.asarray(begins[inside])

    def phrase_differences(self, asked: AskedBars, starts: IntegerTable) -> FloatArray:
        """Return how far the phrases at some bars are from what a video asks.

        Parameters
        ----------
        asked
            What is asked of one phrase.
        starts : (C,)
            First bars of phrases.

        Returns
        -------
        (C,)
            Mean squared difference of density + that of strength on visual beats: the paper's
            score of a phrase is 1 over this.
        """
        strengths = simu_note_strengths(self.notes, len(self.song))
        bars = starts[:, None] + np.arange(len(asked.density))
        densities = (strengths[bars] > 0).sum(axis=2)
        density = ((densities - asked.density) ** 2).mean(axis=1)
        has_beat = asked.strength > 0
        difference = ((strengths[bars] - asked.strength) ** 2 * has_beat).sum(axis=(1, 2))
        return np.asarray(density + difference / max(1, int(has_beat.sum())))

    def bars(self, chosen: list[int]) -> IntegerTable:
        """Return the notes (N, 5) of some bars one after another."""
        parts = []
        for place, bar in enumerate(chosen):
            begin, end = np.searchsorted(self.notes[:, BAR], [bar, bar + 1])
            part = self.notes[begin:end].copy()
            part[:, BAR] = place
            parts.append(part)
        return np.concatenate(parts)


def over_median(values: FloatArray) -> FloatArray:
    """Divide values by the median of those above 0; without any, all are 0."""
    present = values[values > 0]
    return values / float(np.median(present)) if len(present) else values * 0.0


def _translated(values: FloatArray, source: FloatArray, target: FloatArray) -> IntegerTable:
    """Return values of the same percentile among others, rounded."""
    share = np.interp(values, source, np.linspace(0.0, 1.0, len(source)))
    found = np.interp(share, np.linspace(0.0, 1.0, len(target)), target)
    return np.round(found).astype(np.int64)
