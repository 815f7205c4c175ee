"""The studio version: a score composed for the dance, played by sampled instruments."""

from __future__ import annotations

from pathlib import Path

from d2m.core.levels import STUDIO
from d2m.core.progress import Progress, silent, timed
from d2m.core.settings import Settings
from d2m.generation.soundtrack import Music
from d2m.perception.conditioning import Conditioning
from d2m.score.dance_score import score_of
from d2m.score.mastering import master
from d2m.score.mix import mix_stems
from d2m.score.notes import Score
from d2m.score.sampler import render_track
from d2m.score.sound_bank import SOUNDS, SoundBank


class StudioModel:
    """A composer, an arranger and a sampler: from a dance to a mastered piece in stereo.

    Parameters
    ----------
    bank
        The sampled instruments.
    settings
        How the score is made: the settings of the section ``score`` are used.

    Examples
    --------
    >>> from d2m import DanceToMusic, Settings, StudioModel
    >>> dance = DanceToMusic().perceive("clip.mp4")
    >>> model = StudioModel.from_pretrained(Settings(key="D", mode="minor"))
    >>> music = model.generate(dance, seed=3)
    """

    level = STUDIO

    def __init__(self, bank: SoundBank, settings: Settings | None = None) -> None:
        self.bank = bank
        self.settings = settings or Settings()

    @classmethod
    def from_pretrained(
        cls, settings: Settings | None = None, *, folder: Path = SOUNDS
    ) -> StudioModel:
        """Load the sampled instruments.

        Parameters
        ----------
        settings
            How the score is made.
        folder
            Folder of the instruments; the bundled ones by default.

        Raises
        ------
        DataError
            If a file is missing or damaged.
        """
        return cls(SoundBank.from_folder(folder), settings)

    def generate(
        self, conditioning: Conditioning, /, *, seed: int = 0, progress: Progress = silent
    ) -> Music:
        """Compose a score for a dance, and play, mix and master it.

        Parameters
        ----------
        conditioning
            The dance; its style is that of the music.
        seed
            Another seed gives another song.
        progress
            Called with the name of the stage and the share done.

        Returns
        -------
        Music
            Stereo at 44.1 kHz with its score and its stems, as long as the conditioning.
        """
        seconds: dict[str, float] = {}
        stage = f"Generating music ({self.level.name})"
        with timed(seconds, "compose"):
            progress(stage, 0.1)
            score = self.compose(conditioning, seed=seed)
        with timed(seconds, "play"):
            progress(stage, 0.2)
            stems = mix_stems(
                score,
                lambda track: render_track(self.bank, track, score.duration_s),
                brightness=self.settings.brightness,
            )
        with timed(seconds, "master"):
            progress(stage, 0.7)
            audio = master(stems, style=score.style)
        return Music(audio=audio, score=score, stems=stems, mastered=True, seconds=seconds)

    def compose(self, conditioning: Conditioning, *, seed: int = 0) -> Score:
        """Compose and arrange the score of a dance.

        Parameters
        ----------
        conditioning
            The dance.
        seed
            Another seed gives another song.
        """
        return score_of(conditioning, self.settings, seed)
