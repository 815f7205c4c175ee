"""Results say what they are, and nothing about who filmed the clip, where, when and with what."""

from __future__ import annotations

from pathlib import Path

import av
import mido
import numpy as np
import pytest
import soundfile
from PIL import Image

from d2m.core.version import __version__
from d2m.media.audio_file import write_flac, write_wav
from d2m.media.clip_limits import ClipLimits
from d2m.media.full_quality import SOUND_RATE, ClipFiles, split_clip
from d2m.rendering.mux import mux
from d2m.rendering.plot_style import save_png
from d2m.rendering.spectrogram_plot import draw_spectrogram
from d2m.rendering.video_writer import combine_streams
from d2m.score.midi import write_tracks_midi
from tests.clips import ClipMaker, click_track, ffmpeg

TITLE = "Brick Lane (studio)"
TOOL = f"D2M {__version__}"
PRIVATE = ("+48.1374+011.5755/", "Apple", "iPhone 15 Pro", "2024-05-06", "Birthday of Anna")
"""What phones write about a clip: place, maker, model, date, and a comment."""


def tags_of(path: Path) -> tuple[str, str, str]:
    with av.open(str(path)) as container:
        found = container.metadata
        return found["title"], found.get("encoder", found.get("software")), found["comment"]


@pytest.fixture
def filmed(make_clip: ClipMaker, tmp_path: Path) -> Path:
    """A clip with all that phones write about it, in the file and in its tracks."""
    plain, clip = make_clip(audio=click_track([1.0], 3.0)), tmp_path / "filmed.mov"
    place, maker, model, date, comment = PRIVATE
    apple = "com.apple.quicktime"
    facts = {
        "location": place,
        f"{apple}.location.ISO6709": place,
        f"{apple}.make": maker,
        f"{apple}.model": model,
        "make": maker,
        "model": model,
        "creation_time": f"{date}T07:08:09Z",
        "comment": comment,
    }
    told = [one for name, fact in facts.items() for one in ("-metadata", f"{name}={fact}")]
    told += ["-metadata:s:v:0", f"handler_name={model}", "-metadata:s:a:0", f"title={comment}"]
    ffmpeg("-i", plain, "-c", "copy", "-movflags", "use_metadata_tags", *told, clip)
    return clip


def test_a_video_has_its_tags_and_none_of_the_source(filmed: Path, tmp_path: Path) -> None:
    source = filmed.read_bytes()
    assert all(fact.encode() in source for fact in PRIVATE if fact != PRIVATE[3])
    files = ClipFiles(folder=tmp_path)
    assert split_clip(filmed, files, limits=ClipLimits()).is_copied
    video, other = tmp_path / "result.mp4", tmp_path / "beats.mp4"
    mux(files.picture, click_track([0.5], 3.0), video, sample_rate=44_100, title=TITLE)
    combine_streams(files.picture, video, other)
    for path in (video, other):
        assert tags_of(path) == (TITLE, TOOL, "AI-generated")
        data = path.read_bytes()
        assert not [fact for fact in PRIVATE if fact.encode() in data]
        with av.open(str(path)) as container:
            assert not any("creation_time" in one.metadata for one in container.streams)
            assert "creation_time" not in container.metadata


@pytest.mark.parametrize(("write", "name"), [(write_wav, "a.wav"), (write_flac, "a.flac")])
def test_sound_files_have_them(write, name: str, tmp_path: Path) -> None:
    sound = 0.1 * np.random.default_rng(0).standard_normal((2, 1000)).astype(np.float32)
    write(tmp_path / name, sound, SOUND_RATE, title=TITLE)
    with soundfile.SoundFile(tmp_path / name) as file:
        assert (file.title, file.comment) == (TITLE, "AI-generated")
        assert file.software.startswith(TOOL)
        np.testing.assert_allclose(file.read().T, sound, atol=1e-4)
    write(tmp_path / name, sound, SOUND_RATE)  # a file that is only used on the way has none
    with soundfile.SoundFile(tmp_path / name) as file:
        assert not file.title


def test_midi_and_plots_have_them(tmp_path: Path) -> None:
    write_tracks_midi(tmp_path / "a.mid", (), TITLE)
    first = mido.MidiFile(str(tmp_path / "a.mid")).tracks[0]
    assert first.name == TITLE
    assert [one.text for one in first if one.type == "text"] == [TOOL, "AI-generated"]
    draw_spectrogram(tmp_path / "a.png", title=TITLE, audio=np.ones(4096, np.float32))
    told = Image.open(tmp_path / "a.png").text
    assert (told["Title"], told["Software"], told["Comment"]) == (TITLE, TOOL, "AI-generated")


def test_a_name_that_is_no_unicode_makes_no_file_fail(tmp_path: Path) -> None:
    import matplotlib.pyplot as plt

    save_png(plt.figure(), tmp_path / "plot.png", "caf\udce9, studio")
    with Image.open(tmp_path / "plot.png") as picture:
        assert picture.info["Title"] == "caf?, studio"
