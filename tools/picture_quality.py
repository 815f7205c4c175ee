"""Compare the pictures of results with those of the clips that they were made from.

    python tools/picture_quality.py
    python tools/picture_quality.py my_clip.mov other.webm --seconds 4

Without clips, the examples are used. Each clip is taken as it is, and once more as HEVC, which
has to be encoded. Prints a Markdown table: how many coded pictures are unchanged, or else the
PSNR of the luma and the VMAF, as FFmpeg's filters measure them. Exits with 1 if a picture that
was encoded has neither 42 dB nor a VMAF of 95.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Optional

import av
import typer
from imageio_ffmpeg import get_ffmpeg_exe

from d2m.media.clip_limits import ClipLimits
from d2m.media.colour import colour_of
from d2m.media.full_quality import ClipFiles, split_clip

EXAMPLES = Path(__file__).parents[1] / "examples"
LEAST_PSNR_DB, LEAST_VMAF = 42.0, 95.0
"""An encoded picture with one of these is visually lossless."""
HEADER = "| clip | codec | size | picture | Mbit/s | PSNR | VMAF |\n|---|---|---|---|--:|--:|--:|"
# Frames are compared by number, in BT.709 with the same tags.
_SAME = (
    "format=yuv420p,setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709,"
    "settb=AVTB,setpts=N"
)
# Names of matrices in FFmpeg's filter ``scale``, by the numbers of its library.
_MATRICES = {1: "bt709", 4: "fcc", 5: "bt601", 7: "smpte240m", 9: "bt2020"}


def coded_pictures(path: Path) -> list[bytes]:
    """Return the packets of a video's pictures."""
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


def measure(made: Path, source: Path, name: str, options: str = "") -> str:
    """Run FFmpeg's filter ``psnr`` or ``libvmaf`` and return what it reports."""
    with av.open(str(source)) as container:
        colour = colour_of(next(container.decode(video=0)))
    convert = (
        f"scale=in_color_matrix={_MATRICES[colour.matrix]}:out_color_matrix=bt709"
        f":in_range={'pc' if colour.is_full_range else 'tv'}:out_range=tv"
    )
    graph = f"[0:v]{_SAME}[made];[1:v]{convert},{_SAME}[source];[made][source]{name}{options}"
    command = [get_ffmpeg_exe(), "-nostdin", "-i", str(made), "-i", str(source)]
    command += ["-lavfi", graph, "-f", "null", "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stderr


def luma_psnr_db(made: Path, source: Path) -> float:
    """Return the PSNR of the luma (dB) of all frames, turned upright."""
    found = re.search(r"PSNR y:(\S+)", measure(made, source, "psnr"))
    return float(found.group(1)) if found else 0.0


def vmaf(made: Path, source: Path) -> float:
    """Return the VMAF of every third frame, 0 to 100."""
    found = re.search(
        r"VMAF score: (\S+)", measure(made, source, "libvmaf", "=n_threads=2:n_subsample=3")
    )
    return float(found.group(1)) if found else 0.0


def variants(clip: Path, folder: Path, seconds: float) -> Iterator[tuple[str, Path]]:
    """Yield the codec and the path of a clip as it is and as HEVC, both cut at the end."""
    ffmpeg = [
        get_ffmpeg_exe(),
        "-nostdin",
        "-v",
        "error",
        "-y",
        "-i",
        str(clip),
        "-t",
        str(seconds),
    ]
    plain, hevc = folder / f"plain{clip.suffix}", folder / "hevc.mp4"
    subprocess.run([*ffmpeg, "-map", "0:v:0", "-c", "copy", str(plain)], check=True)
    with av.open(str(plain)) as container:
        yield container.streams.video[0].codec_context.name, plain
    options = ["-c:v", "libx265", "-preset", "ultrafast", "-crf", "18", "-x265-params"]
    subprocess.run([*ffmpeg, "-an", *options, "log-level=error", str(hevc)], check=True)
    yield "hevc", hevc


def row(name: str, codec: str, clip: Path) -> tuple[str, bool]:
    """Split a clip; return its line of the table, and whether its picture is good enough."""
    with tempfile.TemporaryDirectory() as folder:
        files = ClipFiles(folder=Path(folder))
        made = split_clip(clip, files, limits=ClipLimits())
        info = made.picture
        rate = files.picture.stat().st_size * 8e-6 / info.duration_s
        if made.is_copied:
            before, after = coded_pictures(clip), coded_pictures(files.picture)
            equal = sum(one == other for one, other in zip(before, after, strict=True))
            good, loss = equal == len(before), f"{equal} of {len(before)} copied"
            figures = "equal | equal"
        else:
            psnr_db, score = luma_psnr_db(files.picture, clip), vmaf(files.picture, clip)
            good, loss = psnr_db >= LEAST_PSNR_DB or score >= LEAST_VMAF, "encoded"
            figures = f"{psnr_db:.1f} dB | {score:.1f}"
    size = f"{info.width} x {info.height}, {info.fps:.4g} Hz"
    line = f"| {name} | {codec} | {size} | {loss} | {rate:.1f} | {figures} |"
    return line, good


def compare(
    clips: Annotated[Optional[list[Path]], typer.Argument(exists=True)] = None,  # noqa: UP045
    seconds: Annotated[float, typer.Option(help="Longest part of each clip (s).")] = 5.0,
) -> None:
    """Print the table."""
    typer.echo(HEADER)
    failed = 0
    for clip in clips or sorted(EXAMPLES.glob("*.mp4")):
        with tempfile.TemporaryDirectory() as folder:
            for codec, path in variants(clip, Path(folder), seconds):
                line, good = row(clip.stem, codec, path)
                failed += not good
                typer.echo(line)
    sys.exit(failed > 0)


if __name__ == "__main__":
    typer.run(compare)
