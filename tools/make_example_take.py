"""Make the finished result that the page shows before the first job.

    PYTHONPATH=. python tools/make_example_take.py

The pipeline makes music for a part of a bundled clip, as for any other; then the video is made
smaller, so that the page loads quickly.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from d2m.core.events import Observer, SoundtrackDetails, SoundtrackSummary
from d2m.core.levels import STUDIO
from d2m.core.settings import Settings
from d2m.pipeline import DanceToMusic
from d2m.web.take import detail_facts, summary_facts
from d2m.web.take_example import EXAMPLE_FACTS, EXAMPLE_FOLDER

CLIP = Path(__file__).parents[1] / "examples" / "groove_procedural_landscape.mp4"
"""The clip: the one with the clearest rhythm, whose picture is the project's own."""
SETTINGS = Settings(style="house", seed=3)
"""Style and seed of the example; chosen by hand."""
MAX_BYTES = 600_000
"""Largest size of the video (bytes)."""
PICTURES, NOTES = ("png", "dark", "lanes", "lanes_dark"), ("midi", "csv")
"""Kinds of files of the example beside the video."""
_COLOURS = 128  # of its pictures (count), which makes them a third as large


class _Collector(Observer[None]):
    """Keeps what the page shows of the music."""

    def __init__(self) -> None:
        self.facts: dict[str, Any] = {}
        self.paths: dict[str, Path] = {}

    def on_soundtrack(self, soundtrack: SoundtrackSummary) -> None:
        """Keep the first facts and files."""
        self.facts |= summary_facts(soundtrack, SETTINGS, "example")
        self.paths |= soundtrack.paths

    def on_details(self, details: SoundtrackDetails) -> None:
        """Keep the other facts and files."""
        self.facts |= detail_facts(details)
        self.paths |= details.paths


def main() -> None:
    """Make the example."""
    collector = _Collector()
    with tempfile.TemporaryDirectory() as folder:
        DanceToMusic().produce(CLIP, (STUDIO,), SETTINGS, out=Path(folder), observer=collector)
        shutil.rmtree(EXAMPLE_FOLDER, ignore_errors=True)
        EXAMPLE_FOLDER.mkdir()
        names = {"mp4": "example.studio.mp4"}
        _shrink(collector.paths["mp4"], EXAMPLE_FOLDER / names["mp4"])
        for kind in (*PICTURES, *NOTES):
            path = collector.paths[kind]
            names[kind] = f"example.studio{path.name.partition('.studio')[2]}"
            if kind in PICTURES:
                _reduce(path, EXAMPLE_FOLDER / names[kind])
            else:
                shutil.copyfile(path, EXAMPLE_FOLDER / names[kind])
    facts = {**collector.facts, "hasSound": False, "isShared": False, "files": names}
    # The time depends on the machine that made the example.
    facts["sentences"] = [one for one in facts["sentences"] if not one.startswith("Generated")]
    target = EXAMPLE_FOLDER / EXAMPLE_FACTS
    target.write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _reduce(source: Path, target: Path) -> None:
    """Write a picture with fewer colours."""
    from PIL import Image

    with Image.open(source) as picture:
        picture.convert("RGB").quantize(_COLOURS).save(target, optimize=True)


def _shrink(source: Path, target: Path) -> None:
    """Encode a video at 854 x 480 px, in less than `MAX_BYTES`."""
    from imageio_ffmpeg import get_ffmpeg_exe

    for quality in range(26, 40):
        command = [get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y", "-i", str(source)]
        command += ["-vf", "scale=-2:480", "-c:v", "libx264", "-preset", "veryslow"]
        command += ["-crf", str(quality), "-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "128k"]
        subprocess.run([*command, "-movflags", "+faststart", str(target)], check=True)
        if target.stat().st_size <= MAX_BYTES:
            return
    raise SystemExit(f"The video does not fit into {MAX_BYTES} bytes: choose a shorter part.")


if __name__ == "__main__":
    main()
