"""From a song to a dance: analyse the song, generate the movement, draw it, write the files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from d2m.checkpoints import CHECKPOINTS
from d2m.choreography.choreography_result import Choreography, song_summary
from d2m.core.dance_events import DanceObserver
from d2m.core.dance_settings import DanceSettings
from d2m.core.events import ResultFiles
from d2m.core.output_folder import usable_output
from d2m.core.progress import Progress, silent, timed

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from d2m.choreography.dance_model import DanceModel, GeneratedDance
    from d2m.choreography.song_analysis import SongAnalysis


@dataclass(frozen=True, kw_only=True)
class _Beginning:
    """What a job needs beside the song: networks, the start pose, and the times they took (s)."""

    model: DanceModel
    start_pose: NDArray[np.float64] | None
    seconds: dict[str, float]


class MusicToDance:
    """Makes dances for songs ("Dancing to Music", Lee et al., NeurIPS 2019).

    Networks are loaded on first use and kept.

    Parameters
    ----------
    checkpoints
        Folder of the weights; the bundled ones by default.

    Examples
    --------
    >>> from d2m import MusicToDance
    >>> dance = MusicToDance().generate("song.mp3", style="house", seed=3, out="out")
    """

    def __init__(self, *, checkpoints: Path = CHECKPOINTS) -> None:
        self._checkpoints = checkpoints
        self._models: dict[str, DanceModel] = {}

    def generate(
        self,
        song: str | Path,
        settings: DanceSettings | None = None,
        *,
        out: str | Path | None = None,
        start_pose: str | Path | None = None,
        progress: Progress | None = None,
        **changes: Any,
    ) -> Choreography:
        """Generate a dance for a song.

        Parameters
        ----------
        song
            Audio file, or a video whose sound is used.
        settings
            How to make the dance.
        out
            Folder for the files that `d2m.choreography.write_dance.DANCE_KINDS` names. Without
            it, nothing is drawn or written.
        start_pose
            Photo or clip of a person whose pose the dance begins in.
        progress
            Called with the name of each stage and the share done.
        **changes
            Single settings, such as ``style="house", seed=3``.

        Raises
        ------
        D2MError
            With one sentence, if the song, the start pose, a setting, the folder or the weights
            can't be used. All but the song is checked before the song is read.
        """
        chosen = replace(settings or DanceSettings(), **changes)
        report = progress or silent
        if out is not None:
            usable_output(Path(out))
        beginning = self._begin(chosen, start_pose, report)
        analysis = self._analyse(Path(song), chosen, report)
        choreography = self._generate(analysis, chosen, beginning, report)
        if out is None:
            return choreography
        from d2m.choreography.write_dance import write_dance, write_dance_report

        written = write_dance(choreography, Path(out), report)
        write_dance_report(written, report)
        return written

    def produce(
        self,
        song: str | Path,
        settings: DanceSettings,
        *,
        out: Path,
        start_pose: str | Path | None = None,
        observer: DanceObserver[Any] | None = None,
    ) -> ResultFiles:
        """Do a whole job: analyse the song, generate the dance, draw it, write all files.

        Parameters
        ----------
        song, settings, out, start_pose
            As for `generate`.
        observer
            Receives the progress, the analysis of the song, the dance and the files.

        Raises
        ------
        D2MError
            As `generate` does.
        """
        from d2m.choreography.write_dance import write_dance, write_dance_report

        events = observer or DanceObserver[None]()
        usable_output(out)
        beginning = self._begin(settings, start_pose, events.on_progress)
        analysis = self._analyse(Path(song), settings, events.on_progress)
        events.on_song(song_summary(analysis))
        choreography = self._generate(analysis, settings, beginning, events.on_progress)
        written = write_dance(choreography, out, events.on_progress)
        events.on_choreography(written.summary())
        files = write_dance_report(written, events.on_progress)
        events.on_files(files)
        return files

    def _analyse(self, song: Path, settings: DanceSettings, progress: Progress) -> SongAnalysis:
        from d2m.choreography.song_analysis import analyse_song

        progress("Listening to the song", 0.0)
        return analyse_song(
            song, start_s=settings.start_s, length_s=settings.length_s, progress=progress
        )

    def _begin(
        self, settings: DanceSettings, start_pose: str | Path | None, progress: Progress
    ) -> _Beginning:
        """Load the networks and find the start pose, before the song is read."""
        seconds: dict[str, float] = {}
        with timed(seconds, "load"):
            model = self._model(settings.method)
        pose = None
        if start_pose is not None:
            from d2m.perception.start_pose import pose_in_picture

            with timed(seconds, "start pose"):
                progress("Finding the start pose", 0.0)
                pose = pose_in_picture(Path(start_pose))
        return _Beginning(model=model, start_pose=pose, seconds=seconds)

    def _generate(
        self,
        song: SongAnalysis,
        settings: DanceSettings,
        beginning: _Beginning,
        progress: Progress,
    ) -> Choreography:
        """Generate the movement of each dancer."""
        seconds, stage = dict(beginning.seconds), "Generating the dance"
        progress(stage, 0.0)
        dances: list[GeneratedDance] = []
        with timed(seconds, "generate"):
            style = settings.style
            for number in range(settings.dancers):
                dances.append(
                    beginning.model.generate(
                        song,
                        style=style,
                        seed=settings.seed + number,
                        energy=settings.energy,
                        mirror=settings.mirror,
                        start_pose=beginning.start_pose,
                        progress=_share_of(progress, stage, number, settings.dancers),
                    )
                )
                style = dances[0].style  # all dance in the style of the first
        return Choreography(
            song=song,
            settings=settings,
            dances=tuple(dances),
            has_start_pose=beginning.start_pose is not None,
            seconds=seconds,
        )

    def _model(self, method: str) -> DanceModel:
        """Return the networks of a method, loaded once."""
        from d2m.choreography.dance_model import DanceModel

        if method not in self._models:
            self._models[method] = DanceModel.from_pretrained(method, self._checkpoints)
        return self._models[method]


def _share_of(progress: Progress, stage: str, number: int, count: int) -> Progress:
    """Return a callback for one of several equal parts of a stage."""
    return lambda _stage, share: progress(stage, (number + share) / count)
