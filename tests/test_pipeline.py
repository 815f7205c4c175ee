"""The whole pipeline on a real clip, and the command line on all examples."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from d2m.core.errors import PoseError, SettingsError, VideoError
from d2m.core.levels import HIGH, LEVELS, LOW, SAMPLE_RATE
from d2m.core.metrical_grid import PHRASE_STEPS
from d2m.core.styles import STYLES, songs_of
from d2m.generation.soundtrack import Soundtrack
from d2m.metrics.beats import beat_f_measure, music_beats
from d2m.perception.dance import Dance
from d2m.pipeline import DanceToMusic
from d2m.rendering.report import report, write_report

ROOT = Path(__file__).parents[1]
EXAMPLES: list[dict[str, Any]] = json.loads((ROOT / "examples" / "examples.json").read_text())


@pytest.fixture(scope="module")
def maker() -> DanceToMusic:
    return DanceToMusic()


@pytest.fixture(scope="module")
def stages() -> list[tuple[str, float]]:
    return []


@pytest.fixture(scope="module")
def dance(maker, short_clip, stages) -> Dance:
    return maker.perceive(short_clip, progress=lambda *news: stages.append(news))


@pytest.fixture(scope="module")
def high(maker, short_clip, tmp_path_factory) -> Soundtrack:
    out = tmp_path_factory.mktemp("out")
    return maker.generate(short_clip, HIGH, style="house", seed=1, out=out)


@pytest.fixture(scope="module")
def low(maker, short_clip, high) -> Soundtrack:
    out = high.paths["wav"].parent
    return maker.generate(short_clip, LOW, style="house", seed=1, out=out)


@pytest.mark.e2e
class TestOneClip:
    def test_the_dance_was_seen(self, dance, stages):
        assert dance.pose.coverage > 0.9
        assert dance.features.shape == (dance.grid.n_steps, 11)
        assert dance.visual.shape == (dance.grid.n_steps, 8)
        assert np.isfinite(dance.features).all()
        assert dance.visual.max() > 0.5
        assert ((dance.grid.position >= 0) & (dance.grid.position < PHRASE_STEPS)).all()
        assert dict(stages).keys() >= {"Reading the clip", "Tracking the dancer"}
        assert all(0.0 <= share <= 1.0 for _, share in stages)

    def test_a_clip_is_perceived_once(self, maker, dance, short_clip, low, tmp_path):
        assert maker.perceive(short_clip).analysis is dance.analysis
        renamed = tmp_path / "renamed.mp4"
        renamed.write_bytes(short_clip.read_bytes())
        assert maker.perceive(renamed).analysis is dance.analysis
        np.testing.assert_array_equal(low.rhythm.beats_s, dance.rhythm.beats_s)

    @pytest.mark.parametrize("level", LEVELS)
    def test_sound_is_as_long_as_the_clip_and_within_range(self, level, dance, request):
        track: Soundtrack = request.getfixturevalue(level)
        assert track.level is LEVELS[level]
        frame_s = 1.0 / dance.clip.fps
        assert abs(len(track.audio) / SAMPLE_RATE - dance.clip.duration_s) <= frame_s
        assert track.audio.dtype == np.float32
        assert np.abs(track.audio).max() <= 1.0
        assert np.sqrt(np.mean(track.audio**2)) > 0.02
        assert len(track.codes) == dance.grid.n_frames * 128 // track.level.hop_length
        assert track.song in songs_of(STYLES["house"])

    def test_the_same_seed_gives_the_same_samples(self, maker, dance, high):
        again = maker.generate(dance, HIGH, style="house", seed=1)
        assert np.array_equal(again.audio, high.audio)
        assert not again.paths

    @pytest.mark.parametrize("change", [{"seed": 2}, {"style": "krump"}])
    def test_another_seed_or_style_gives_other_samples(self, maker, dance, high, change):
        other = maker.generate(dance, HIGH, **{"style": "house", "seed": 1, **change})
        assert len(other.audio) == len(high.audio)
        assert np.abs(np.corrcoef(other.audio, high.audio)[0, 1]) < 0.95

    @pytest.mark.parametrize("change", [{"denoise": False}, {"loudness": False}])
    def test_cleaning_can_be_left_out(self, maker, dance, high, change):
        other = maker.generate(dance, HIGH, style="house", seed=1, **change)
        assert np.array_equal(other.codes, high.codes)
        assert not np.array_equal(other.audio, high.audio)
        assert np.abs(other.audio).max() <= 0.97

    def test_the_music_follows_shifted_beats(self, maker, short_clip, dance):
        late = maker.perceive(short_clip, beat_shift_ms=150.0)
        assert late.analysis is dance.analysis
        track = maker.generate(late, HIGH, style="house", seed=1)
        assert track.scores["beat_f_measure"] >= 0.5
        assert beat_f_measure(track.music_beats_s, dance.rhythm.beats_s) < 0.3

    def test_tapped_beats_win(self, maker, short_clip):
        taps = tuple(0.2 + 0.6 * np.arange(5))
        dance = maker.perceive(short_clip, taps_s=taps, tempo_bpm=140.0)
        assert dance.rhythm.tempo_bpm == pytest.approx(100)
        np.testing.assert_allclose(dance.rhythm.beats_s[:5], taps, atol=1e-6)

    def test_response_makes_the_movement_matter_less_or_more(self, maker, short_clip, dance):
        spread = {
            response: maker.perceive(short_clip, response=response).features.std(axis=0)
            for response in (0.0, 1.0, 2.0)
        }
        np.testing.assert_allclose(spread[0.0], 0, atol=1e-12)
        np.testing.assert_array_equal(spread[1.0], dance.features.std(axis=0))
        assert spread[2.0].mean() > 1.2 * spread[1.0].mean()
        still = maker.generate(short_clip, HIGH, style="house", seed=1, response=0.0)
        moved = maker.generate(short_clip, HIGH, style="house", seed=1)
        assert (still.codes != moved.codes).mean() > 0.3

    def test_a_part_of_the_clip_is_a_clip(self, maker, short_clip):
        part = maker.perceive(short_clip, start_s=0.5, length_s=2.2)
        assert part.clip.duration_s == pytest.approx(2.2, abs=0.04)
        assert len(maker.generate(part, HIGH).audio) == round(part.clip.duration_s * SAMPLE_RATE)

    def test_auto_takes_the_style_that_suits_the_dance(self, maker, dance):
        assert maker.generate(dance, HIGH).style is dance.style

    def test_files_are_written_and_play(self, dance, high, low):
        folder = high.paths["wav"].parent
        kinds = ("wav", "mp4", "png", "dark.png")
        names = {f"groove.house.seed1.{level}.{kind}" for level in LEVELS for kind in kinds}
        assert {path.name for path in folder.iterdir()} == names
        for track in (high, low):
            check_wav(track.paths["wav"], dance.clip.duration_s, dance.clip.fps)
            check_video(track.paths["mp4"], dance.clip.duration_s, dance.clip.fps)
            assert track.paths["png"].read_bytes().startswith(b"\x89PNG")
            assert track.alt_text

    def test_the_report_has_all_facts(self, dance, high, low, tmp_path):
        write_report(tmp_path / "r.json", report(dance, [high, low]))
        assert [path.name for path in tmp_path.iterdir()] == ["r.json"]
        check_report(json.loads((tmp_path / "r.json").read_text()), ("high", "low"))

    def test_a_wrong_style_is_told_before_the_clip_is_opened(self, maker):
        with pytest.raises(SettingsError, match="polka"):
            maker.generate("no such clip.mp4", HIGH, style="polka")

    def test_a_clip_that_is_none_is_refused(self, text_clip, tmp_path):
        fresh = DanceToMusic()
        for clip in (text_clip, tmp_path / "missing.mp4", tmp_path):
            with pytest.raises(VideoError) as refusal:
                fresh.generate(clip, HIGH, out=tmp_path / "out")
            assert str(clip.parent) not in str(refusal.value)
        assert not (tmp_path / "out").exists()

    def test_a_clip_without_a_dancer_is_refused(self, tmp_path):
        clip = tmp_path / "wall.mp4"
        write_plain_clip(clip)
        with pytest.raises(PoseError, match="No dancer"):
            DanceToMusic().perceive(clip)

    def test_a_long_clip_without_a_dancer_is_not_watched_to_its_end(self, tmp_path):
        clip, stages = tmp_path / "wall.mp4", []
        write_plain_clip(clip, seconds=25)
        with pytest.raises(PoseError, match="No dancer"):
            DanceToMusic().perceive(clip, progress=lambda *news: stages.append(news))
        assert ("Tracking the dancer", 0.0) in stages
        assert not [share for stage, share in stages if stage == "Tracking the dancer" and share]


QUICK = "groove"
"""The example that every run of the tests makes music for; the others are slow ones."""


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(
            example,
            id=example["file"],
            marks=[] if example["file"].startswith(QUICK) else pytest.mark.slow,
        )
        for example in EXAMPLES
    ],
)
def example_run(request, tmp_path_factory) -> tuple[dict[str, Any], Path]:
    """Return an example and the folder that the command line filled for it."""
    out = tmp_path_factory.mktemp("example")
    command = [sys.executable, "-m", "d2m", "generate", f"examples/{request.param['file']}"]
    done = subprocess.run(
        [*command, "--level", "both", "--out", str(out)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("beat F-measure") == 2
    return request.param, out


@pytest.mark.e2e
class TestExamples:
    def facts(self, run) -> dict[str, Any]:
        example, out = run
        (report,) = out.glob(f"{Path(example['file']).stem}.*.seed0.report.json")
        return json.loads(report.read_text())

    def beats(self, run, level: str) -> np.ndarray:
        (music,) = run[1].glob(f"{Path(run[0]['file']).stem}.*.{level}.wav")
        return music_beats(read_wav(music))[1]

    def test_everything_is_written(self, example_run):
        facts = self.facts(example_run)
        check_report(facts, ("high", "low"))
        files = {name for level in facts["levels"].values() for name in level["files"].values()}
        (archive,) = example_run[1].glob("*.zip")
        held = zipfile.ZipFile(archive).namelist()
        assert {*held, archive.name} == {p.name for p in example_run[1].iterdir()}
        assert files < {*held}
        for level in facts["levels"].values():
            clip = facts["clip"]
            check_wav(example_run[1] / level["files"]["wav"], clip["duration_s"], clip["fps"])
            check_video(example_run[1] / level["files"]["mp4"], clip["duration_s"], clip["fps"])

    @pytest.mark.parametrize("level", LEVELS)
    def test_music_keeps_the_beats_that_were_seen(self, example_run, level):
        seen = np.array(self.facts(example_run)["rhythm"]["beats_s"])
        assert beat_f_measure(self.beats(example_run, level), seen, 0.07) >= 0.7

    @pytest.mark.parametrize("level", LEVELS)
    def test_music_keeps_the_true_beats(self, example_run, level):
        if example_run[0]["beats_s"] is None:
            pytest.skip("nobody knows this dance's beats")
        true = np.array(example_run[0]["beats_s"])
        assert beat_f_measure(self.beats(example_run, level), true, 0.07) >= 0.7


def read_wav(path: Path) -> np.ndarray:
    import soundfile

    audio, rate = soundfile.read(path, dtype="float32")
    assert rate == SAMPLE_RATE
    return np.asarray(audio)


def check_wav(path: Path, duration_s: float, fps: float) -> None:
    audio = read_wav(path)
    assert abs(len(audio) / SAMPLE_RATE - duration_s) <= 1.0 / fps
    assert 0.05 < np.abs(audio).max() <= 1.0


def check_video(path: Path, duration_s: float, fps: float) -> None:
    """Decode every frame of picture and sound."""
    import av

    with av.open(str(path)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.codec.name, video.pix_fmt, audio.codec.name) == ("h264", "yuv420p", "aac")
        picture = [float(frame.time) for frame in container.decode(video)]
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        frames = list(container.decode(stream))
        sound_s = float(stream.duration * stream.time_base)
        loudest = max(np.abs(frame.to_ndarray()).max() for frame in frames)
    assert abs(picture[-1] + 1.0 / fps - duration_s) <= 1.0 / fps + 1e-3
    assert abs(sound_s - duration_s) <= 1.0 / fps + 1e-3
    assert loudest > 0.05


def check_report(facts: dict[str, Any], levels: tuple[str, ...]) -> None:
    assert facts["clip"].keys() >= {"duration_s", "fps", "width", "height"}
    rhythm = facts["rhythm"]
    assert rhythm.keys() >= {"tempo_bpm", "beats_s", "confidence", "pose_coverage"}
    assert 40 < rhythm["tempo_bpm"] < 240
    assert (np.diff(rhythm["beats_s"]) > 0).all()
    assert 0 <= rhythm["confidence"] <= 1
    assert 0.1 <= rhythm["pose_coverage"] <= 1
    assert tuple(facts["levels"]) == levels
    for name, level in facts["levels"].items():
        assert level["hop_length"] == LEVELS[name].hop_length
        assert level["sample_rate"] == SAMPLE_RATE
        assert level["seconds"].keys() >= {"generate", "decode"}
        assert all(seconds >= 0 for seconds in level["seconds"].values())
        assert (np.diff(level["music_beats_s"]) > 0).all()
        assert 0 <= level["scores"]["beat_f_measure"] <= 1
        assert level["files"].keys() == {"wav", "mp4", "png", "dark"}
        assert not any("/" in file for file in level["files"].values())


def write_plain_clip(path: Path, seconds: int = 2) -> None:
    """Write some seconds of a grey wall."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=15)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for number in range(15 * seconds):
            grey = np.full((120, 160, 3), 120 + number % 2, dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
        container.mux(stream.encode())
