"""One tempo in everything that a job says and writes, and no score where no rhythm was found."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from d2m.__main__ import ConsoleObserver
from d2m.core.beat_tempo import mean_tempo, rounded_tempo
from d2m.core.events import DanceSummary, SoundtrackSummary
from d2m.core.levels import STUDIO
from d2m.core.settings import Settings
from d2m.pipeline import DanceToMusic
from d2m.web import html
from tests.clips import clip_maker
from tests.perception.drawn_figure import draw_person, room

TEMPO = re.compile(r"([\d.]+) BPM")


class Console(ConsoleObserver):
    """Prints the events of a job, and keeps them."""

    def on_dance(self, dance: DanceSummary) -> None:
        self.dance = dance
        super().on_dance(dance)

    def on_soundtrack(self, soundtrack: SoundtrackSummary) -> None:
        self.soundtrack = soundtrack
        super().on_soundtrack(soundtrack)


class Job:
    """Everything that a job with the studio version says and writes."""

    def __init__(self, clip: Path, out: Path, **settings: object) -> None:
        chosen = Settings(**settings)  # type: ignore[arg-type]
        console, written = Console(), out / "printed.txt"
        out.mkdir()
        before = sys.stdout, sys.stderr
        try:
            with written.open("w") as file:
                sys.stdout = sys.stderr = file
                files = DanceToMusic().produce(clip, (STUDIO,), chosen, out=out, observer=console)
        finally:
            sys.stdout, sys.stderr = before
        assert files is not None
        self.report = json.loads(files.report.read_text())
        self.level = self.report["levels"]["studio"]
        self.dance, self.soundtrack = console.dance, console.soundtrack
        self.texts = {
            "command line": "\n".join(
                line for line in written.read_text().splitlines() if "BPM" in line
            ),
            "sentence": self.dance.beat_sentence,
            "page": re.sub("<.*?>", "", html.analysis(self.dance, chosen)),
            "scores": re.sub("<.*?>", "", html.scores(self.soundtrack, chosen)),
            "plot": self.soundtrack.alt_text,
            "score picture": self.soundtrack.score_text,
        }

    @property
    def tempi(self) -> dict[str, set[float]]:
        """Every tempo (BPM) of the job, by where it stands."""
        found = {name: {float(one) for one in TEMPO.findall(t)} for name, t in self.texts.items()}
        found["rhythm of the report"] = {self.report["rhythm"]["tempo_bpm"]}
        found["level of the report"] = {self.level["tempo_bpm"]}
        return {name: tempi for name, tempi in found.items() if tempi}

    @property
    def written_tempi(self) -> dict[str, float]:
        """The mean tempo (BPM) of the beats of each file with beats."""
        import mido

        beats = np.loadtxt(
            self.soundtrack.paths["csv"], delimiter=",", skiprows=1, usecols=0, ndmin=1
        )
        midi = mido.MidiFile(self.soundtrack.paths["midi"])
        lengths = [m.tempo / 1e6 for m in midi.tracks[0] if m.type == "set_tempo"]
        return {
            "report": mean_tempo(np.array(self.report["rhythm"]["beats_s"])),
            "beat markers": mean_tempo(beats),
            "MIDI": 60 / float(np.median(lengths)),
        }


@pytest.mark.e2e
@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"beats": "dance"}, id="dance"),
        pytest.param({"tempo_scale": "double"}, id="double", marks=pytest.mark.slow),
        pytest.param({"tempo_bpm": 111.46}, id="given", marks=pytest.mark.slow),
    ],
)
def test_there_is_one_tempo_in_all_outputs(short_clip, tmp_path, settings):
    job = Job(short_clip, tmp_path / "out", **settings)
    (tempo,) = job.tempi["rhythm of the report"]
    assert tempo == rounded_tempo(job.dance.tempo_bpm)
    assert job.tempi.keys() >= {"command line", "sentence", "page", "plot", "score picture"}
    assert all(found == {tempo} for found in job.tempi.values()), job.tempi
    for name, written in job.written_tempi.items():
        assert written == pytest.approx(tempo, rel=0.005), name


def still_clip(folder: Path) -> Path:
    """Write a clip of a person who stands still."""
    picture = room()
    draw_person(picture, 320)
    return clip_maker(folder)("still.mp4", frames=[picture] * 90)


@pytest.mark.e2e
@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({}, id="default"),
        pytest.param({"tempo_bpm": 96.0}, id="given", marks=pytest.mark.slow),
    ],
)
def test_without_a_rhythm_nothing_has_a_beat_score(tmp_path, settings):
    job = Job(still_clip(tmp_path), tmp_path / "out", **settings)
    tempo = f"{settings.get('tempo_bpm', 110.0):g} BPM"
    assert job.report["rhythm"]["found"] is False
    assert job.level["scores"]["beat_f_measure"] is None
    assert "beat_f_measure" not in job.soundtrack.scores
    assert f"{tempo}, no beat score: no rhythm was found" in job.texts["command line"]
    assert f"no rhythm was found: the music keeps a steady {tempo}" in job.texts["sentence"]
    assert f"Steady {tempo}, not the dancer's" in job.texts["page"]
    assert "No beat score, because no rhythm was found" in job.texts["scores"]
    assert f"a steady {tempo}, not the dancer's" in job.texts["plot"]
    assert "F-measure" not in "".join(job.texts.values())
    assert {one for found in job.tempi.values() for one in found} == {float(tempo.split()[0])}
