"""Write many short clips to try a batch on: good ones, broken ones, and ones over its limits.

    python tools/make_batch_clips.py clips --clips 300
    python -m d2m batch clips --out out --level high --time-limit 60

The good clips are parts of the examples, each with another content. The broken ones are truncated,
empty, a text, sound alone, or without a dancer: the batch refuses them. A frame of the large ones
has 9 million pixels, the most that is accepted: they take most memory. The long ones last two
minutes, so that with ``--time-limit 60`` they fail. `tools/batch_acceptance.py` adds crashes.
"""

from __future__ import annotations

import itertools
import subprocess
from pathlib import Path
from typing import Annotated

import typer
from imageio_ffmpeg import get_ffmpeg_exe

EXAMPLES = Path(__file__).parents[1] / "examples"
DANCES = sorted(EXAMPLES.glob("*.mp4"))
SONG = EXAMPLES / "house_120.m4a"
SECONDS = 2.5
"""Duration of a good clip (s): hardly more than the shortest that is accepted."""
STARTS_S = (0, 3, 6)
"""Where the parts of an example begin (s); chosen by hand."""
SMALL = "scale=384:384:force_original_aspect_ratio=decrease:force_divisible_by=2"
LARGE = "scale=4096:2304"
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-an")
NOISE = ("-f", "lavfi", "-i", f"nullsrc=s=384x216:d={SECONDS},geq=random(1)*255:128:128")


def ffmpeg(*arguments: object) -> None:
    """Run ffmpeg, whose last argument is the output; it must succeed."""
    command = [get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y", *map(str, arguments)]
    subprocess.run(command, check=True)


def main(
    folder: Annotated[Path, typer.Argument(help="Where the clips are written.")],
    clips: Annotated[int, typer.Option(help="Number of clips in all.")] = 300,
    broken: Annotated[int, typer.Option(help="How many of them are broken.")] = 20,
    large: Annotated[int, typer.Option(help="How many need much memory.")] = 5,
    long: Annotated[int, typer.Option(help="How many take long.")] = 1,
) -> None:
    """Write many short clips to try a batch on."""
    folder.mkdir(parents=True, exist_ok=True)
    write_good(folder, clips - broken - large - long)
    write_broken(folder, broken)
    first = DANCES[0]
    if large:
        write_copies(folder, "large", large, "-t", SECONDS, "-i", first, "-vf", LARGE, "-crf", 35)
    if long:
        write_copies(folder, "long", long, "-stream_loop", -1, "-t", 118, "-i", first, "-vf", SMALL)


def write_good(folder: Path, count: int) -> None:
    """Write good clips: parts of the examples, and copies of them."""
    parts = [*itertools.product(STARTS_S, DANCES)]
    for number, (start_s, dance) in enumerate(parts):
        copies = len(range(number, count, len(parts)))
        cut = ("-ss", start_s, "-t", SECONDS, "-i", dance, "-vf", SMALL)
        if copies:
            write_copies(folder, f"clip-{dance.stem}-{start_s}", copies, *cut)


def write_copies(folder: Path, name: str, count: int, *arguments: object) -> None:
    """Write a clip several times, with another comment each, so that no cache takes it for known.

    Parameters
    ----------
    folder
        Where they are written.
    name
        Beginning of the names of the files.
    count
        Number of copies.
    *arguments
        Input and filters for ffmpeg.
    """
    encoded = folder / ".encoded.mp4"
    ffmpeg(*arguments, *H264, encoded)
    for number in range(count):
        comment = ("-c", "copy", "-metadata", f"comment={number}")
        ffmpeg("-i", encoded, *comment, folder / f"{name}-{number:03}.mp4")
    encoded.unlink()


def write_broken(folder: Path, count: int) -> None:
    """Write broken clips of all kinds in turn."""
    kinds = itertools.cycle((write_truncated, write_empty, write_text, write_sound, write_noise))
    for number, write in zip(range(count), kinds, strict=False):
        write(folder / f"broken-{number:02}-{write.__name__.removeprefix('write_')}.mp4")


def write_truncated(path: Path) -> None:
    """Write the first half of a file, without its index."""
    ffmpeg("-t", SECONDS, "-i", DANCES[0], "-vf", SMALL, *H264, path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def write_empty(path: Path) -> None:
    """Write a file without content."""
    path.write_bytes(b"")


def write_text(path: Path) -> None:
    """Write a letter with the name of a clip."""
    path.write_text("Dear dancer, " * 100, encoding="utf-8")


def write_sound(path: Path) -> None:
    """Write sound without pictures."""
    ffmpeg("-t", SECONDS, "-i", SONG, "-c", "copy", path)


def write_noise(path: Path) -> None:
    """Write a clip without a dancer."""
    ffmpeg(*NOISE, *H264, path)


if __name__ == "__main__":
    typer.run(main)
