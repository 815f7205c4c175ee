"""Render a few typical seconds of each style, which the page plays beside the style's name.

    PYTHONPATH=. python tools/make_style_previews.py --out d2m/web/previews

The studio plays a song of the style at its usual tempo for a procedural dancer of the style who
never freezes. The part is the one with drums and melody that has the most notes of the melody.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import av
import numpy as np
import typer
from numpy.typing import NDArray

from d2m.audio.loudness import measure_loudness
from d2m.core.levels import STUDIO_SAMPLE_RATE
from d2m.core.settings import Settings
from d2m.core.styles import STYLES, Style
from d2m.generation.studio import StudioModel
from d2m.perception.body_events import BodyEvents
from d2m.perception.conditioning import condition, known_rhythm
from d2m.score.notes import Score
from d2m.training.data.dances import procedural_dance, view
from d2m.training.data.dances.movement_modes import STYLE_MODES

PREVIEW_S, DANCE_S, SEED = 3.2, 28.0, 0
"""Length of a preview and of the piece that it is cut from (s), and the seed of both; chosen by
hand. The seeds after 0 are other kinds of the style."""
LOUDNESS_LUFS = -14.0
"""Loudness of a preview, that of the studio version: none is louder than another."""
LEAD_S = 0.02
"""How long before its first downbeat a preview begins (s), for notes that come early."""
FADE_IN_S, FADE_OUT_S = 0.01, 0.25
"""Fades at both ends (s), so that nothing clicks; chosen by hand."""
BIT_RATE = 112_000
"""MP3 bit rate (bit/s): a preview takes 45 kB, and cymbals stay clear. Chosen by ear."""


def main(out: Annotated[Path, typer.Option(help="Folder for the MP3 files.")]) -> None:
    """Render one MP3 for each style."""
    out.mkdir(parents=True, exist_ok=True)
    model = StudioModel.from_pretrained()
    for style in STYLES.values():
        path = out / f"{style.name}.mp3"
        start_s, sound = typical_part(model, style)
        write_mp3(path, sound)
        size, level = path.stat().st_size / 1000, measure_loudness(sound, STUDIO_SAMPLE_RATE)
        typer.echo(f"{path.name}: from {start_s:.1f} s, {level:.1f} LUFS, {size:.0f} kB")


def typical_part(model: StudioModel, style: Style) -> tuple[float, NDArray[np.float32]]:
    """Return where in the piece the preview begins (s), and its sound (2, N) with faded ends."""
    dance = procedural_dance(
        SEED, tempo_bpm=style.tempo_bpm, duration_s=DANCE_S, modes=STYLE_MODES[style.name]
    )
    rhythm = known_rhythm(dance.beats_s, dance.downbeats_s)
    keypoints = view(dance, 0.0).keypoints
    measured = condition(keypoints, dance.fps, rhythm=rhythm, settings=Settings())
    music = model.generate(replace(measured, style=style, events=BodyEvents()), seed=SEED)
    assert music.score is not None
    start_s = fullest_bar_s(music.score)
    first = round(max(0.0, start_s - LEAD_S) * STUDIO_SAMPLE_RATE)
    sound = music.audio[:, first : first + round(PREVIEW_S * STUDIO_SAMPLE_RATE)].copy()
    for length_s, ramp_part in ((FADE_IN_S, slice(None)), (FADE_OUT_S, slice(None, None, -1))):
        length = round(length_s * STUDIO_SAMPLE_RATE)
        sound[:, ramp_part][:, :length] *= np.linspace(0, 1, length, dtype=np.float32)
    change_db = LOUDNESS_LUFS - measure_loudness(sound, STUDIO_SAMPLE_RATE)
    return start_s, np.asarray(sound * 10 ** (change_db / 20), dtype=np.float32)


def fullest_bar_s(score: Score) -> float:
    """Return the start (s) of the bar after which drums play and the melody has most notes."""

    def fullness(start_s: float) -> tuple[bool, int]:
        counts = {
            stem: int(
                np.sum(np.abs(score.onsets_s(stem) - start_s - PREVIEW_S / 2) < PREVIEW_S / 2)
            )
            for stem in ("drums", "lead")
        }
        return counts["drums"] >= PREVIEW_S * score.tempo_bpm / 60, counts["lead"]

    whole = [start for start in score.downbeats_s if start + PREVIEW_S <= score.end_s]
    return float(max(whole, key=fullness))


def write_mp3(path: Path, sound: NDArray[np.float32]) -> None:
    """Write stereo sound (2, N) at the studio's sample rate as MP3."""
    with av.open(str(path), "w", format="mp3") as container:
        stream = container.add_stream("libmp3lame", rate=STUDIO_SAMPLE_RATE, layout="stereo")
        stream.bit_rate = BIT_RATE
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound), "fltp", "stereo")
        frame.sample_rate = STUDIO_SAMPLE_RATE
        resampler = av.AudioResampler(
            format="fltp", frame_size=stream.codec_context.frame_size or 1152
        )
        for part in (*resampler.resample(frame), *resampler.resample(None)):
            container.mux(stream.encode(part))
        container.mux(stream.encode())


if __name__ == "__main__":
    typer.run(main)
