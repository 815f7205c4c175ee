"""Make the finished dance that the page shows before the first song.

    PYTHONPATH=. python tools/make_example_dance.py

A dance is made for a part of the bundled song, as for any other; then its video is made smaller,
so that the page loads quickly.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

from d2m.choreography.music_to_dance import MusicToDance
from d2m.core.dance_events import ChoreographySummary, DanceObserver
from d2m.core.dance_settings import DanceSettings
from d2m.web.dance_page import EXAMPLE_DANCE
from d2m.web.examples import EXAMPLES, SONG_LIST, load_examples

SETTINGS = DanceSettings(length_s=12.0)
"""The part of the song; the style is the one that suits it."""
WIDTH = 848
"""Width of the small video (px)."""


class _Collector(DanceObserver[None]):
    """Keeps where the video of the dance is."""

    video = Path()

    def on_choreography(self, choreography: ChoreographySummary) -> None:
        """Keep the path of the video."""
        self.video = choreography.paths["mp4"]


def main() -> None:
    """Make the dance."""
    from imageio_ffmpeg import get_ffmpeg_exe

    song, collector = load_examples(EXAMPLES, SONG_LIST)[0], _Collector()
    with tempfile.TemporaryDirectory() as folder:
        MusicToDance().produce(song.path, SETTINGS, out=Path(folder), observer=collector)
        picture = ["-vf", f"scale={WIDTH}:-2", "-c:v", "libx264", "-crf", "27", "-preset", "slow"]
        sound = ["-c:a", "aac", "-b:a", "96k", "-movflags", "+faststart"]
        command = [get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y", "-i", str(collector.video)]
        subprocess.run([*command, *picture, *sound, str(EXAMPLE_DANCE)], check=True)


if __name__ == "__main__":
    main()
