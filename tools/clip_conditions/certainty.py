"""Conditions of certainty: what is said of a rhythm where one is there, and where none is."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from d2m.core.errors import D2MError
from d2m.core.events import Observer
from d2m.core.levels import STUDIO
from d2m.core.settings import Settings
from d2m.pipeline import DanceToMusic
from tests.clips import clip_maker, ffmpeg
from tests.drums import RATE, drum_loop
from tests.job_outputs import JobOutputs, standing_clip
from tools.clip_conditions.condition import Condition, Seen

_EXAMPLE = Path(__file__).parents[2] / "examples" / "groove_procedural_landscape.mp4"
_SOUND_BPM = 111.5
_CLIP_S = 4.0
_NO_SCORE = "no beat score in page, plot, command line, report; the plot: not the dancer's"
_ONE_TEMPO = "one tempo in page, plots, command line, report, score; a beat score"


def _without_rhythm(folder: Path, **clip: bool) -> Seen:
    job = JobOutputs(standing_clip(folder, **clip), folder / "out")
    (tempo,) = job.tempi["rhythm of the report"]
    said = f"steady {tempo:g} BPM, not the dancer's"
    is_said = all(said.lower() in job.texts[place].lower() for place in ("page", "plot"))
    return Seen(
        text=f"{'a' if job.has_score else 'no'} score; {said if is_said else job.texts['plot']}",
        passed=is_said and not job.has_score and not job.report["rhythm"]["found"],
    )


def _standing_still(folder: Path) -> Seen:
    return _without_rhythm(folder)


def _moving_at_random(folder: Path) -> Seen:
    return _without_rhythm(folder, random_arms=True)


def _one_tempo(job: JobOutputs, expected_bpm: float | None = None) -> Seen:
    tempi = {tempo for found in job.tempi.values() for tempo in found}
    written = job.written_tempi
    passed = len(tempi) == 1 and job.has_score
    tempo = next(iter(tempi))
    passed &= all(abs(one / tempo - 1) < 0.005 for one in written.values())
    if expected_bpm is not None:
        passed &= abs(tempo / expected_bpm - 1) < 0.005
    files = ", ".join(f"{name} {bpm:.1f}" for name, bpm in written.items())
    said = ", ".join(f"{one:g}" for one in sorted(tempi))
    return Seen(text=f"{said} BPM in {len(job.tempi)} places; beats of {files} BPM", passed=passed)


def _dance_without_sound(folder: Path) -> Seen:
    clip = folder / "dance.mp4"
    ffmpeg("-t", _CLIP_S, "-i", _EXAMPLE, "-an", "-c", "copy", clip)
    return _one_tempo(JobOutputs(clip, folder / "out"))


def _music_under_a_still_person(folder: Path) -> Seen:
    sound = drum_loop(_CLIP_S, _SOUND_BPM).astype(np.float32)
    job = JobOutputs(standing_clip(folder, sound=sound), folder / "out")
    return _one_tempo(job, _SOUND_BPM)


def _noise_asked_for_the_beat(folder: Path) -> Seen:
    noise = 0.2 * np.random.default_rng(2).standard_normal(round(_CLIP_S * RATE))
    clip = standing_clip(folder, sound=noise.astype(np.float32))
    try:
        job = JobOutputs(clip, folder / "out", beats="sound")
    except D2MError as error:
        return Seen(text=f"refused: {error}", passed="no steady beat" in str(error))
    text = job.texts["scores"]
    return Seen(text=text, passed=not job.has_score or "is a guess" in text)


def _refused_early(folder: Path, clip: Path, out: Path, reason: str, **settings: object) -> Seen:
    stages: list[str] = []

    class Stages(Observer[None]):
        def on_progress(self, stage: str, share: float) -> None:  # noqa: ARG002
            stages.append(stage)

    before = sorted(folder.rglob("*"))
    try:
        DanceToMusic().produce(
            clip,
            (STUDIO,),
            Settings(**settings),
            out=out,
            observer=Stages(),  # type: ignore[arg-type]
        )
    except D2MError as error:
        is_early = "Tracking the dancer" not in stages and sorted(folder.rglob("*")) == before
        when = "before the work" if is_early else "too late"
        return Seen(text=f"{when}: {error}", passed=is_early and reason in str(error))
    return Seen(text="accepted", passed=False)


def _folder_is_a_file(folder: Path) -> Seen:
    clip, out = clip_maker(folder)(), folder / "out"
    out.touch()
    return _refused_early(folder, clip, out, "a file has that name")


def _beats_of_no_sound(folder: Path) -> Seen:
    clip = clip_maker(folder)()
    return _refused_early(folder, clip, folder / "out", "the clip has no sound", beats="sound")


def _too_few_taps(folder: Path) -> Seen:
    clip = clip_maker(folder)()
    return _refused_early(folder, clip, folder / "out", "too few", taps_s=(0.5, 1.0))


_TOPIC, _EARLY = "Certainty", "refused with the reason before the clip is analysed; no file left"
CERTAINTY = (
    Condition(
        topic=_TOPIC,
        name="a person who stands still",
        expected=_NO_SCORE,
        check=_standing_still,
        is_slow=True,
    ),
    Condition(
        topic=_TOPIC,
        name="arms that move at random",
        expected=_NO_SCORE,
        check=_moving_at_random,
        is_slow=True,
    ),
    Condition(
        topic=_TOPIC,
        name="a dance without sound",
        expected=_ONE_TEMPO,
        check=_dance_without_sound,
        is_slow=True,
    ),
    Condition(
        topic=_TOPIC,
        name=f"music of {_SOUND_BPM:g} BPM under a person who stands still",
        expected=f"{_ONE_TEMPO}, {_SOUND_BPM:g} BPM within 0.5 %",
        check=_music_under_a_still_person,
        is_slow=True,
    ),
    Condition(
        topic=_TOPIC,
        name="noise that is asked for the beat",
        expected="refused, or called a guess",
        check=_noise_asked_for_the_beat,
        is_slow=True,
    ),
    Condition(topic=_TOPIC, name="results into a file", expected=_EARLY, check=_folder_is_a_file),
    Condition(
        topic=_TOPIC,
        name="the beat of a sound that is not there",
        expected=_EARLY,
        check=_beats_of_no_sound,
    ),
    Condition(topic=_TOPIC, name="two tapped beats", expected=_EARLY, check=_too_few_taps),
)
"""What is sure is said, and what is not, too; what can fail early does."""
