"""Foley Music: piano notes that a small Transformer writes for the dancer's key points.

After Gan et al., "Foley Music: Learning to Generate Music from Videos" (ECCV 2020). The network
reads six seconds of key points and writes the notes to them. Windows begin every three seconds:
each continues the notes that the one before has written for the time in which they overlap.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from d2m.checkpoints.load_bundled import CHECKPOINTS
from d2m.core.levels import BASELINES
from d2m.core.progress import Progress, silent, timed
from d2m.generation.baselines.dancer_poses import poses_at
from d2m.generation.baselines.play_tracks import play_tracks
from d2m.generation.soundtrack import Music
from d2m.models.event_grammar import EventGrammar
from d2m.models.piano_events import (
    END,
    EVENT_STEP_S,
    TIME_SHIFT,
    VELOCITY,
    notes_from_events,
)
from d2m.models.pose_windows import POSE_WINDOW_S, WINDOW_POSE_RATE, WINDOW_POSES, pose_window
from d2m.perception.conditioning import Conditioning
from d2m.score.notes import Note, Track
from d2m.score.sound_bank import SoundBank

if TYPE_CHECKING:
    from typing_extensions import Self

    from d2m.models.foley_network import FoleyMusicNetwork

FloatArray = NDArray[np.float64]

EVENT_TEMPERATURE = 0.7
"""Divisor of the logits. Chosen by hand: at 0.9 it wrote more notes than it learned from."""
LIKELIEST_EVENTS = 12
"""Events that one is drawn from. Chosen by hand."""
_HOP_POSES = WINDOW_POSES // 2
_WINDOW_STEPS = round(POSE_WINDOW_S / EVENT_STEP_S)
_END_STEPS = round(1.0 / EVENT_STEP_S)  # a window may end this long before its last step


class FoleyMusicModel:
    """Piano notes for a dance, drawn event by event.

    Parameters
    ----------
    network
        The network.
    bank
        The sampled instruments; the piano plays.
    """

    level = BASELINES["foley-music"]

    def __init__(self, network: FoleyMusicNetwork, bank: SoundBank) -> None:
        self.network, self.bank = network, bank

    @classmethod
    def from_pretrained(cls, *, bank: SoundBank, folder: Path = CHECKPOINTS) -> Self:
        """Load the network of a checkpoints folder.

        Parameters
        ----------
        bank
            The sampled instruments.
        folder
            Checkpoints folder.

        Raises
        ------
        CheckpointError
            If the weights are missing or damaged.
        """
        from d2m.models.foley_network import FoleyMusicNetwork

        return cls(FoleyMusicNetwork.from_pretrained(folder), bank)

    def generate(
        self, conditioning: Conditioning, /, *, seed: int = 0, progress: Progress = silent
    ) -> Music:
        """Write notes for a dance and play them on a piano.

        Parameters
        ----------
        conditioning
            The dance; only its key points are read.
        seed
            Another seed draws other notes.
        progress
            Called with the name of the stage and the share done.

        Returns
        -------
        Music
            Stereo at 44.1 kHz with its track, as long as the dance.

        Raises
        ------
        DataError
            If the dance has no key points.
        """
        stage, seconds = f"Generating music ({self.level.name})", dict[str, float]()
        poses = poses_at(conditioning, WINDOW_POSE_RATE, "Foley Music")
        duration_s = conditioning.duration_s
        with timed(seconds, "compose"):
            notes = self._notes(poses, duration_s, seed, lambda share: progress(stage, share))
        with timed(seconds, "play"):
            track = Track(
                name="Piano",
                part="hook",
                stem="lead",
                instrument="grand_piano",
                notes=tuple(
                    Note(start_s=start, duration_s=length, pitch=int(key), velocity=int(velocity))
                    for start, length, key, velocity in notes.tolist()
                ),
            )
            music = play_tracks(self.bank, [track], duration_s)
        return replace(music, seconds=seconds)

    def _notes(
        self, poses: FloatArray, duration_s: float, seed: int, on_share: Callable[[float], None]
    ) -> FloatArray:
        """Return the notes (N, 4) for poses (F, 17, 2), window by window."""
        import torch

        rng, grammar = np.random.default_rng(seed), EventGrammar()
        length = int(duration_s / EVENT_STEP_S)
        count = 1 + max(0, -(-(length - _WINDOW_STEPS) // (_WINDOW_STEPS // 2)))
        with torch.inference_mode():
            for number in range(count):
                on_share(0.9 * number / count)
                window = pose_window(poses, number * _HOP_POSES)
                first = number * _WINDOW_STEPS // 2
                self._continue(grammar, window, first, min(length, first + _WINDOW_STEPS), rng)
        notes = notes_from_events(grammar.events(), duration_s)
        notes[:, 1] = np.minimum(notes[:, 1], duration_s - notes[:, 0])
        return notes[notes[:, 1] > 0]

    def _continue(
        self,
        grammar: EventGrammar,
        window: NDArray[np.float32],
        first: int,
        last: int,
        rng: np.random.Generator,
    ) -> None:
        """Draw the events of a window of poses that begins at one step, up to another."""
        import torch

        state = self.network.begin(torch.as_tensor(window)[None])
        logits, state = self.network.extend(
            state, torch.as_tensor([grammar.begin_window(first)], dtype=torch.long)
        )
        while True:
            allowed = grammar.allowed()
            allowed[END] = grammar.step >= last - _END_STEPS
            event = draw_event(logits[0, -1].numpy(), allowed, rng)
            is_shift = TIME_SHIFT <= event < VELOCITY
            if event == END or (is_shift and grammar.step + event - TIME_SHIFT + 1 >= last):
                return  # the next window, which sees further, goes on from here
            grammar.take(event)
            logits, state = self.network.extend(state, torch.as_tensor([[event]]))


def draw_event(
    logits: NDArray[np.float32], allowed: NDArray[np.bool_], rng: np.random.Generator
) -> int:
    """Draw one of the `LIKELIEST_EVENTS` that are allowed.

    Parameters
    ----------
    logits : (243,)
        Logits of all events.
    allowed : (243,)
        Whether each may be drawn; at least one.
    rng
        Where the choice comes from.
    """
    scores = np.where(allowed, logits.astype(float), -np.inf) / EVENT_TEMPERATURE
    likeliest = np.argsort(-scores, kind="stable")[:LIKELIEST_EVENTS]
    chances = np.exp(scores[likeliest] - scores[likeliest[0]])
    return int(rng.choice(likeliest, p=chances / chances.sum()))
