"""The studio version: a score composed for the dance, played by sampled instruments."""

from __future__ import annotations

from pathlib import Path

from d2m.core.levels import STUDIO
from d2m.core.progress import Progress, silent, timed
from d2m.core.settings import Settings
from d2m.generation.score_player import ScorePlayer
from d2m.generation.soundtrack import Music
from d2m.perception.conditioning import Conditioning
from d2m.score.dance_score import score_of
from d2m.score.notes import Score
from d2m.score.sound_bank import SOUNDS


class StudioModel:
    """A composer, an arranger and a sampler: from a dance to a mastered piece in stereo.

    Parameters
    ----------
    player
        Plays scores with the sampled instruments.
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

    def __init__(self, player: ScorePlayer, settings: Settings | None = None) -> None:
        self.player = player
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
        return cls(ScorePlayer.from_folder(folder), settings)

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
            played = self.player.play(score, brightness=self.settings.brightness)
        return Music(
            audio=played.audio, score=score, stems=played.stems, mastered=True, seconds=seconds
        )

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
