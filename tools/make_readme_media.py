"""Make the pictures of the README that move: a film with sound, and its first seconds as a GIF.

    PYTHONPATH=. python tools/make_readme_media.py

The pipeline makes the studio version for a bundled clip, with the video that shows the beats.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import imageio_ffmpeg

from d2m.core.levels import STUDIO
from d2m.core.settings import Settings
from d2m.pipeline import DanceToMusic

ROOT = Path(__file__).parents[1]
CLIP = ROOT / "examples" / "groove_procedural_landscape.mp4"
"""The clip, whose picture is the project's own."""
SETTINGS = Settings(style="house", seed=3, overlay=True)
"""Those of the finished result on the page; chosen by hand."""
FILM, GIF = ROOT / "docs" / "demo.mp4", ROOT / "docs" / "demo.gif"
GIF_START_S, GIF_LENGTH_S, GIF_RATE_HZ, GIF_WIDTH_PX = 2.0, 4.32, 12.5, 480
"""Part of the film in the GIF (about two bars), its rate and width; chosen by hand so that it
stays below two megabytes."""


def main() -> None:
    """Make both files."""
    with tempfile.TemporaryDirectory() as folder:
        made = DanceToMusic().generate(CLIP, STUDIO, SETTINGS, out=Path(folder))
        ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-y"]
        film = ["-vf", "scale=960:-2", "-crf", "26", "-movflags", "+faststart", "-c:a", "copy"]
        subprocess.run([*ffmpeg, "-i", made.paths["beats"], *film, FILM], check=True)
    palette = "split[a][b];[a]palettegen=max_colors=96[p];[b][p]paletteuse=dither=none"
    filters = f"fps={GIF_RATE_HZ},scale={GIF_WIDTH_PX}:-2:flags=area,{palette}"
    part = ["-ss", str(GIF_START_S), "-t", str(GIF_LENGTH_S)]
    subprocess.run([*ffmpeg, *part, "-i", FILM, "-vf", filters, "-loop", "0", GIF], check=True)
    for path in (FILM, GIF):
        print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB")  # noqa: T201


if __name__ == "__main__":
    main()
