"""Everything that a job says and writes about the beat: on the page, in the terminal, in files."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import numpy as np

from d2m.core.beat_tempo import mean_tempo
from d2m.core.events import DanceSummary, SoundtrackDetails, SoundtrackSummary
from d2m.core.levels import STUDIO
from d2m.core.settings import Settings
from d2m.jobs.generate_cli import ConsoleObserver
from d2m.pipeline import DanceToMusic
from d2m.web import result_html
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

    def on_details(self, details: SoundtrackDetails) -> None:
        self.details = details


class JobOutputs:
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
        self.details = console.details
        self.texts = {
            "command line": "\n".join(
                line for line in written.read_text().splitlines() if "BPM" in line
            ),
            "sentence": self.dance.beat_sentence,
            "page": re.sub("<.*?>", "", result_html.analysis(self.dance, chosen)),
            "scores": " ".join(result_html.score_sentences(self.soundtrack, chosen)),
            "plot": self.details.alt_text,
            "score picture": self.details.score_text,
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

    @property
    def has_score(self) -> bool:
        """Whether anything holds a score of the beats."""
        shown = any(
            re.search("F-measure|Beat match|match within", text) for text in self.texts.values()
        )
        written = self.level["scores"]["beat_f_measure"] is not None
        return shown or written or "beat_f_measure" in self.soundtrack.scores


def standing_clip(
    folder: Path, *, random_arms: bool = False, sound: np.ndarray | None = None
) -> Path:
    """Write a clip of four seconds with a person who stands.

    Parameters
    ----------
    folder
        Where to write it.
    random_arms
        Whether the arms move at random, to another place in each half second or so.
    sound : (N,)
        The clip's own sound at 44,100 Hz.
    """
    rng = np.random.default_rng(19)  # no rhythm in these
    steps = rng.uniform(0.25, 0.8, 16).cumsum()
    angles = np.interp(np.arange(120) / 30, steps, rng.uniform(0.2, 2.2, 16))
    pictures = []
    for angle in angles:
        picture = room()
        draw_person(picture, 320, arm=float(angle) if random_arms else 0.4)
        pictures.append(picture)
    return clip_maker(folder)(
        "standing.mp4", frames=pictures, times=np.arange(120) / 30, audio=sound
    )
