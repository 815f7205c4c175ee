"""Plays scores with the sampled instruments, once for all levels that need the same piece."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from d2m.audio.stereo import StereoAudio
from d2m.audio.waveform import Audio, mono_at
from d2m.core.levels import STUDIO_SAMPLE_RATE
from d2m.score.mastering import master
from d2m.score.mix import mix_stems
from d2m.score.notes import Score
from d2m.score.sampler import render_track
from d2m.score.sound_bank import SOUNDS, SoundBank

KEPT_PIECES = 4
"""Pieces whose mono audio is kept: 10 MB each for two minutes. Chosen by hand: more than the
pieces that a job makes at once."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PlayedScore:
    """A score as the sampled instruments play it.

    Parameters
    ----------
    audio : (2, N)
        Mastered, at 44.1 kHz.
    stems
        The audio (2, N) of each of `d2m.score.notes.STEMS` before mastering.
    """

    audio: StereoAudio
    stems: dict[str, StereoAudio]


class ScorePlayer:
    """A sampler, a mixer and a mastering chain, for several threads at once.

    Parameters
    ----------
    bank
        The sampled instruments.
    """

    def __init__(self, bank: SoundBank) -> None:
        self.bank = bank
        self._lock = Lock()
        self._pieces: OrderedDict[Hashable, Future[Audio]] = OrderedDict()

    @classmethod
    def from_folder(cls, folder: Path = SOUNDS) -> ScorePlayer:
        """Return a player with the instruments of a folder; the bundled ones by default.

        Raises
        ------
        DataError
            If a file is missing or damaged.
        """
        return cls(SoundBank.from_folder(folder))

    def play(self, score: Score, *, brightness: float = 1.0) -> PlayedScore:
        """Play, mix and master a score.

        Parameters
        ----------
        score
            What to play.
        brightness
            That of the mix, 0 (dark) to 2 (bright).

        Raises
        ------
        DataError
            If the sounds of an instrument are missing or damaged.
        """
        piece, is_new = self._claimed(score, brightness)
        return self._play_for(piece, score, brightness) if is_new else self._play(score, brightness)

    def play_mono(self, score: Score, *, brightness: float = 1.0) -> Audio:
        """Play a score, and return it mono at 22,050 Hz, ``(N,)``.

        If it was just played, or another thread is playing it, that is what is returned.
        Parameters and errors are those of `play`.
        """
        piece, is_new = self._claimed(score, brightness)
        if is_new:
            self._play_for(piece, score, brightness)
        return piece.result()

    def _claimed(self, score: Score, brightness: float) -> tuple[Future[Audio], bool]:
        """Return the piece's mono audio, which may still be awaited, and whether it is new."""
        sound = (
            score.style, score.tempo_bpm, score.end_s, score.duration_s, score.tracks, brightness
        )  # fmt: skip
        with self._lock:
            piece = self._pieces.get(sound)
            is_new = piece is None or _has_failed(piece)
            piece = Future() if piece is None or is_new else piece
            self._pieces[sound] = piece
            self._pieces.move_to_end(sound)
            while len(self._pieces) > KEPT_PIECES:
                self._pieces.popitem(last=False)
        return piece, is_new

    def _play_for(self, piece: Future[Audio], score: Score, brightness: float) -> PlayedScore:
        """Play a score, and hand its mono audio to those who wait for it."""
        try:
            played = self._play(score, brightness)
            piece.set_result(mono_at(played.audio, STUDIO_SAMPLE_RATE))
        except BaseException as error:
            piece.set_exception(error)
            raise
        return played

    def _play(self, score: Score, brightness: float) -> PlayedScore:
        stems = mix_stems(
            score,
            lambda track: render_track(self.bank, track, score.duration_s),
            brightness=brightness,
        )
        return PlayedScore(audio=master(stems, style=score.style), stems=stems)


def _has_failed(piece: Future[Audio]) -> bool:
    return piece.done() and piece.exception() is not None
