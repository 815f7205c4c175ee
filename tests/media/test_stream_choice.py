"""Which picture and which sound of a file are taken."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from d2m.core.errors import VideoError
from d2m.media.clip_limits import ClipLimits
from d2m.media.probe import open_clip, probe_file
from d2m.media.stream_choice import audio_stream, main_audio_stream
from tests.clips import ffmpeg, probe_clip

RED, BLUE = (("-f", "lavfi", "-i", f"color={name}:s=128x72:r=15:d=2.4") for name in ("red", "blue"))
SMALL = ("-f", "lavfi", "-i", "color=black:s=16x16:r=15:d=2.4")
SLOW = ("-f", "lavfi", "-i", "color=black:s=128x72:r=1:d=2.4")
TONE = ("-f", "lavfi", "-i", "sine=duration=2.4")
CODECS = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac")
PICTURES_ALIKE = ("-disposition:v:0", "default", "-disposition:v:1", "default")


def made(path: Path, *sources: tuple[str, ...], options: tuple[str, ...] = ()) -> Path:
    """Write a file with these tracks in this order."""
    flat = [part for source in sources for part in source]
    maps = [part for place in range(len(sources)) for part in ("-map", str(place))]
    ffmpeg(*flat, *maps, *CODECS, *options, path)
    return path


def chosen(path: Path) -> tuple[int, int | None]:
    """Return the indexes of the picture and the sound that are taken."""
    with open_clip(path, ClipLimits()) as (container, stream):
        sound = audio_stream(container)
        return stream.index, None if sound is None else sound.index


@pytest.mark.parametrize("name", ["a.mkv", "a.mp4", "a.mov"])
@pytest.mark.parametrize("default", [0, 1])
def test_the_default_tracks_are_taken(tmp_path: Path, name: str, default: int) -> None:
    flags = [
        part
        for kind in "va"
        for place in (0, 1)
        for part in (f"-disposition:{kind}:{place}", "default" if place == default else "0")
    ]
    clip = made(tmp_path / name, BLUE, RED, TONE, TONE, options=tuple(flags))
    assert chosen(clip) == (default, 2 + default)


@pytest.mark.parametrize("placeholder", [SMALL, SLOW], ids=["small", "1 Hz"])
@pytest.mark.parametrize("name", ["a.mkv", "a.mp4"])
def test_placeholders_among_equals_are_passed_over(
    tmp_path: Path, name: str, placeholder: tuple[str, ...]
) -> None:
    assert chosen(made(tmp_path / name, placeholder, RED, options=PICTURES_ALIKE))[0] == 1
    assert chosen(made(tmp_path / f"b{name}", RED, placeholder, options=PICTURES_ALIKE))[0] == 0


def test_a_slow_picture_that_is_the_only_default_stays(tmp_path: Path) -> None:
    flags = ("-disposition:v:0", "default", "-disposition:v:1", "0")
    assert chosen(made(tmp_path / "a.mkv", SLOW, RED, options=flags))[0] == 0


def test_a_default_track_of_one_picture_is_dead(tmp_path: Path) -> None:
    flags = ("-disposition:v:0", "default", "-disposition:v:1", "0")
    one = ("-f", "lavfi", "-i", "color=blue:s=128x72:r=15:d=0.05")
    assert chosen(made(tmp_path / "a.mkv", one, RED, options=flags))[0] == 1


def test_a_picture_without_decoder_gives_way_but_one_that_is_not_accepted_does_not(
    tmp_path: Path,
) -> None:
    clip = made(tmp_path / "a.mkv", BLUE, RED, options=PICTURES_ALIKE)
    data = clip.read_bytes()
    unknown, number = b"V_MPEG4/ISO/XXX", data.index(b"V_MPEG4/ISO/AVC")
    clip.write_bytes(data[:number] + unknown + data[number + len(unknown) :])
    assert chosen(clip)[0] == 1
    snow = made(
        tmp_path / "b.avi", BLUE, RED, options=("-c:v:0", "snow", "-strict", "-2", *PICTURES_ALIKE)
    )
    with pytest.raises(VideoError, match="is Snow, which is not supported: convert"):
        chosen(snow)


@pytest.mark.parametrize("kind", ["comment", "hearing_impaired", "visual_impaired"])
def test_comments_and_aids_are_no_substitute(tmp_path: Path, kind: str) -> None:
    aside_first = ("-disposition:a:0", kind, "-disposition:a:1", "0")
    clip = made(tmp_path / "a.mkv", RED, TONE, TONE, options=aside_first)
    assert chosen(clip) == (0, 2)
    # The main sound has a codec that nothing decodes.
    data = clip.read_bytes()
    clip.write_bytes(data[: data.rindex(b"A_AAC")] + b"A_XXX" + data[data.rindex(b"A_AAC") + 5 :])
    assert chosen(clip) == (0, None)
    with open_clip(clip, ClipLimits()) as (container, _):
        main = main_audio_stream(container)
        assert main is not None
        assert main.index == 2
    info = probe_file(clip, ClipLimits()).info
    assert not info.has_audio
    assert info.sound_problem.startswith("The clip's sound is ")
    assert info.sound_problem.endswith("convert the clip to MP4 with AAC sound.")


def test_another_ordinary_sound_is_a_substitute(tmp_path: Path) -> None:
    clip = made(tmp_path / "a.mkv", RED, TONE, TONE)
    data = clip.read_bytes()
    clip.write_bytes(data.replace(b"A_AAC", b"A_XXX", 1))
    assert chosen(clip) == (0, 2)
    info = probe_file(clip, ClipLimits()).info
    assert info.has_audio
    assert not info.sound_problem


def test_a_clip_without_sound_has_no_problem_with_it(tmp_path: Path) -> None:
    info = probe_file(made(tmp_path / "a.mp4", RED), ClipLimits()).info
    assert not info.has_audio
    assert not info.sound_problem


def test_sound_that_holds_only_zeros_is_called_damaged(tmp_path: Path) -> None:
    clip = made(tmp_path / "a.mkv", RED, TONE)
    with av.open(str(clip)) as container:
        sound = [bytes(packet) for packet in container.demux(audio=0) if packet.size > 1]
    data = clip.read_bytes()
    for packet in sound:
        data = data.replace(packet, bytes(len(packet)))
    clip.write_bytes(data)
    info = probe_file(clip, ClipLimits()).info
    assert not info.has_audio
    assert "(AAC) is damaged or of an unusual kind" in info.sound_problem


def test_the_reason_survives_the_sandbox(tmp_path: Path) -> None:
    clip = made(tmp_path / "a.mp4", RED, TONE)
    clip.write_bytes(clip.read_bytes().replace(b"mp4a", b"mhm1").replace(b"esds", b"free"))
    info = probe_clip(clip)
    assert info.sound_problem == (
        "The clip's sound is MPEG-H 3D Audio, which can't be decoded: convert the clip to MP4 with"
        " AAC sound."
    )


@pytest.mark.parametrize("ending", ["ts", "vob", "flv"])
@pytest.mark.parametrize(("begins_s", "is_found"), [(7, True), (40, False)])
def test_sound_that_begins_late(tmp_path: Path, ending: str, begins_s: int, is_found: bool) -> None:
    clip = tmp_path / f"clip.{ending}"
    seconds = begins_s + 2
    codecs = {
        "ts": ("-c:v", "libx264", "-c:a", "aac"),
        "vob": ("-c:v", "mpeg2video", "-c:a", "ac3"),
        "flv": ("-c:v", "flv", "-c:a", "libmp3lame", "-ar", 44_100),
    }[ending]
    ffmpeg(
        *("-f", "lavfi", "-i", f"color=red:s=32x32:r=25:d={seconds}", "-itsoffset", begins_s),
        *("-f", "lavfi", "-i", f"sine=duration={seconds - begins_s}", *codecs, clip),
    )
    info = probe_file(clip, ClipLimits()).info
    assert info.duration_s == pytest.approx(seconds, abs=0.1)
    if is_found:
        assert info.has_audio
        assert not info.sound_problem
