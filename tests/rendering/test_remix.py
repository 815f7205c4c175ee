"""Finished music and a clip's own sound get another balance, and nothing else changes."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import av
import numpy as np
import pytest

from d2m.audio.ducking import DUCKING_DB
from d2m.core.errors import AudioError, OutputError, SettingsError, VideoError
from d2m.core.settings import Settings
from d2m.jobs.remix_job import RemixJob
from d2m.media.audio_file import write_wav
from d2m.pipeline import DanceToMusic
from tests.clips import clip_maker, coded_frames

RATE = 44_100
VOICE_HZ, MUSIC_HZ = 1000, 400


def tone(frequency: float, seconds: float, level: float) -> np.ndarray:
    times = np.arange(round(seconds * RATE)) / RATE
    return (level * np.sin(2 * np.pi * frequency * times)).astype(np.float32)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """A clip of 3 s with a voice from 1 s to 2 s, its music, and what mixes them."""
    folder = tmp_path_factory.mktemp("remix")
    voice = tone(VOICE_HZ, 3.0, 0.4)
    voice[:RATE] = voice[2 * RATE :] = 0.0
    clip = clip_maker(folder)(audio=voice)
    write_wav(folder / "music.wav", np.stack([tone(MUSIC_HZ, 3.0, 0.25)] * 2), RATE, bits=24)
    pipeline = DanceToMusic(cache=folder / "cache")
    return SimpleNamespace(
        folder=folder, clip=clip, music=folder / "music.wav", pipeline=pipeline, stages=[]
    )


def remixed(made: SimpleNamespace, name: str, **changes: object) -> Path:
    return made.pipeline.remix(
        made.clip,
        made.music,
        out=made.folder / name,
        progress=lambda stage, _: made.stages.append(stage),
        **changes,
    )


def levels(path: Path, from_s: float, to_s: float) -> tuple[float, float]:
    """Return the amplitudes of music and voice in a part of a video's left channel."""
    with av.open(str(path)) as container:
        assert container.streams.audio[0].rate == 48_000
        sound = np.concatenate([one.to_ndarray() for one in container.decode(audio=0)], axis=1)[0]
    part = sound[round(from_s * 48_000) : round(to_s * 48_000)]
    spectrum = 2 * np.abs(np.fft.rfft(part * np.hanning(len(part)))) / (len(part) / 2)
    at = [round(frequency * len(part) / 48_000) for frequency in (MUSIC_HZ, VOICE_HZ)]
    music, voice = (float(spectrum[one - 2 : one + 3].max()) for one in at)
    return music, voice


@pytest.mark.parametrize("original", [0.0, 0.5, 1.0])
def test_the_own_sound_has_the_volume_that_is_asked_for(
    made: SimpleNamespace, original: float
) -> None:
    music, voice = levels(remixed(made, f"{original}.mp4", original=original), 1.2, 1.8)
    assert music == pytest.approx(0.25, rel=0.05)
    assert voice == pytest.approx(0.4 * original, abs=0.02)


def test_the_music_makes_way_for_the_voice_if_it_is_to(made: SimpleNamespace) -> None:
    video = remixed(made, "ducked.mp4", original=0.5, ducking=True)
    before, _ = levels(video, 0.3, 0.8)
    during, voice = levels(video, 1.2, 1.8)
    after, _ = levels(video, 2.75, 2.95)
    assert before == pytest.approx(0.25, rel=0.05)
    assert 20 * np.log10(during / before) == pytest.approx(-DUCKING_DB, abs=0.5)
    assert voice == pytest.approx(0.2, rel=0.05)
    assert after == pytest.approx(0.25, rel=0.1)


def test_an_own_sound_that_is_off_does_not_lower_the_music(made: SimpleNamespace) -> None:
    music, _ = levels(remixed(made, "off.mp4", original=0.0, ducking=True), 1.2, 1.8)
    assert music == pytest.approx(0.25, rel=0.05)


def test_the_picture_stays_and_the_clip_is_read_once(made: SimpleNamespace) -> None:
    first = remixed(made, "first.mp4", original=1.0)
    made.stages.clear()
    second = remixed(made, "second.mp4", original=0.2)
    assert set(made.stages) == {"Mixing the sound"}
    packets = [[data for _, data in coded_frames(one)] for one in (first, second, made.clip)]
    assert packets[0] == packets[1] == packets[2]


def test_what_can_not_be_mixed_is_refused_in_one_sentence(
    made: SimpleNamespace, text_clip: Path, tmp_path: Path
) -> None:
    target = tmp_path / "out.mp4"
    for music in (text_clip, made.clip, tmp_path / "lost.wav"):
        with pytest.raises(AudioError, match="use the WAV file of a finished job") as caught:
            made.pipeline.remix(made.clip, music, out=target)
        assert str(tmp_path) not in str(caught.value)
    with pytest.raises(VideoError):
        made.pipeline.remix(text_clip, made.music, out=target)
    with pytest.raises(OutputError):
        made.pipeline.remix(made.clip, made.music, out=text_clip / "out.mp4")
    assert not target.exists()


def test_the_command_writes_the_file(made: SimpleNamespace, d2m, tmp_path: Path) -> None:
    target = tmp_path / "mixed.mp4"
    done = d2m("remix", made.clip, made.music, "--original", "0.5", "--ducking", "--out", target)
    assert (done.returncode, done.stdout.strip()) == (0, str(target))
    assert levels(target, 1.2, 1.8)[1] == pytest.approx(0.2, rel=0.05)


def test_a_job_takes_only_files_of_the_given_folders(made: SimpleNamespace, tmp_path: Path) -> None:
    job = RemixJob.requested(str(made.clip), str(made.music), Settings(), [made.folder])
    assert (job.clip, job.music) == (made.clip, made.music)
    link = tmp_path / "music.wav"
    link.symlink_to(made.music)
    outside = (str(tmp_path / "no.wav"), str(link), str(made.folder / ".." / "no.wav"), "", None)
    for music in outside:
        with pytest.raises(SettingsError, match="no longer on the server"):
            RemixJob.requested(str(made.clip), music, Settings(), [tmp_path])


def test_the_name_of_the_video_tells_the_balance() -> None:
    settings = Settings(original=0.35, ducking=True)
    job = RemixJob(clip=Path("a.mp4"), music=Path("a.high.wav"), settings=settings, out=Path("o"))
    assert job.target == Path("o/a.high.original35.ducked.mp4")
