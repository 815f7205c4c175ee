"""Compose and render the example song, and describe it in songs.json.

    PYTHONPATH=. python tools/render_example_song.py --out examples

The studio plays a song that is composed for a procedural dance; nobody sees the dance.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from d2m.core.levels import STUDIO_SAMPLE_RATE
from d2m.core.settings import Settings
from d2m.core.styles import style_named
from d2m.generation.studio import StudioModel
from d2m.media.audio_file import write_wav
from d2m.perception.conditioning import condition, known_rhythm
from d2m.training.data.dances import procedural_dance, view

STYLE, TEMPO_BPM, DURATION_S, SEED = "house", 120.0, 24.0, 5
"""What the song is like; chosen by hand."""
NAME = "house_120.m4a"
"""Name of its file."""
BIT_RATE = 112_000
"""AAC bit rate (bit/s): 24 s take 340 kB."""


def main(out: Annotated[Path, typer.Option(help="Folder for the song and songs.json.")]) -> None:
    """Render the song as AAC."""
    from imageio_ffmpeg import get_ffmpeg_exe

    dance = procedural_dance(SEED, tempo_bpm=TEMPO_BPM, duration_s=DURATION_S)
    rhythm = known_rhythm(dance.beats_s, dance.downbeats_s)
    keypoints = view(dance, 0.0).keypoints
    measured = condition(keypoints, dance.fps, rhythm=rhythm, settings=Settings())
    measured = replace(measured, style=style_named(STYLE))
    music = StudioModel.from_pretrained().generate(measured, seed=SEED)
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "song.wav"
        write_wav(wav, music.audio, STUDIO_SAMPLE_RATE, bits=16)
        command = [get_ffmpeg_exe(), "-nostdin", "-y", "-v", "error", "-i", str(wav)]
        encoding = ["-c:a", "aac", "-b:a", str(BIT_RATE), "-movflags", "+faststart"]
        subprocess.run([*command, *encoding, str(out / NAME)], check=True)
    about = {
        "file": NAME,
        "title": f"House, {TEMPO_BPM:g} BPM",
        "credit": "Song: composed and played by this project.",
        "licence": "Apache-2.0",
        "tempo_bpm": TEMPO_BPM,
        "beats_s": [round(float(beat), 4) for beat in dance.beats_s if beat < DURATION_S],
    }
    (out / "songs.json").write_text(json.dumps([about], indent=1) + "\n", encoding="utf-8")
    typer.echo(f"{NAME}: {(out / NAME).stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    typer.run(main)
