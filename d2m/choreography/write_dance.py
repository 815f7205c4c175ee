"""Write the files of a dance: video, joints, plot, report, and all of them in one ZIP."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from d2m.choreography.bvh_file import write_bvh
from d2m.choreography.choreography_result import Choreography
from d2m.choreography.dance_report import dance_report
from d2m.choreography.keypoint_files import write_keypoints, write_openpose
from d2m.core.dance_styles import dance_style_named
from d2m.core.events import ResultFiles
from d2m.core.file_names import plain_name
from d2m.core.levels import SAMPLE_RATE
from d2m.core.progress import Progress, silent, timed
from d2m.media.archive import write_archive
from d2m.rendering.dance_plot import draw_dance_plot
from d2m.rendering.draw_dance import DANCE_SIZES, draw_dance
from d2m.rendering.report import write_report
from d2m.rendering.song_mux import mux_song

DANCE_KINDS = {
    "mp4": ".mp4",
    "npz": ".npz",
    "json": ".json",
    "bvh": ".bvh",
    "png": ".png",
    "dark": ".dark.png",
}
"""File name endings by kind: the drawn dance with the song, the joints as NumPy, as OpenPose JSON
and as motion capture, and the beat plot on a light and on a dark background. Further dancers have
``npz2``, ``bvh2`` and so on."""


def write_dance(
    choreography: Choreography, folder: Path, progress: Progress = silent
) -> Choreography:
    """Write all files of a dance but the report and the ZIP.

    Parameters
    ----------
    choreography
        The dance.
    folder
        Created if it is missing.
    progress
        Called with the name of each stage and the share done.

    Returns
    -------
    Choreography
        The same with ``keypoints``, ``paths`` and ``alt_text``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stem, seconds = _stem(choreography), choreography.seconds
    paths = {kind: folder / f"{stem}{ending}" for kind, ending in DANCE_KINDS.items()}
    settings = choreography.settings
    motions = [dance.motion for dance in choreography.dances]
    with tempfile.TemporaryDirectory(prefix="d2m-dance-") as scratch:
        picture = Path(scratch) / "picture.mp4"
        progress("Drawing the dancer", 0.0)
        with timed(seconds, "draw"):
            keypoints = draw_dance(
                motions,
                picture,
                drawing=settings.drawing,
                look=settings.look,
                scene=settings.scene,
                shape=settings.shape,
                seed=settings.seed,
                progress=lambda share: progress("Drawing the dancer", share),
            )
        progress("Writing the files", 0.0)
        with timed(seconds, "mux"):
            mux_song(picture, choreography.song, paths["mp4"])
    drawn = replace(choreography, keypoints=keypoints)
    progress("Writing the files", 0.4)
    with timed(seconds, "write"):
        paths |= _write_joints(drawn, folder / stem)
    progress("Writing the files", 0.6)
    with timed(seconds, "plot"):
        alt_text = _draw_plot(drawn, paths)
    return replace(drawn, paths=paths, alt_text=alt_text)


def write_dance_report(choreography: Choreography, progress: Progress = silent) -> ResultFiles:
    """Write the report of a dance whose files are written, and everything in one ZIP."""
    folder, stem = choreography.paths["mp4"].parent, _stem(choreography)
    report, archive = folder / f"{stem}.report.json", folder / f"{stem}.zip"
    progress("Writing the files", 0.9)
    write_report(report, dance_report(choreography))
    write_archive(archive, [report, *choreography.paths.values()])
    return ResultFiles(report=report, archive=archive)


def _stem(choreography: Choreography) -> str:
    """Return the first part of the names of the files: song, style and seed."""
    name = plain_name(Path(choreography.song.name).stem, "song")
    return f"{name}.dance.{choreography.style}.seed{choreography.settings.seed}"


def _write_joints(choreography: Choreography, stem: Path) -> dict[str, Path]:
    """Write the joints of all dancers; return the files by kind."""
    paths = {"json": stem.with_name(f"{stem.name}{DANCE_KINDS['json']}")}
    size = DANCE_SIZES[choreography.settings.shape]
    fps = choreography.dances[0].motion.fps
    write_openpose(paths["json"], choreography.keypoints, fps, size)
    both = zip(choreography.dances, choreography.keypoints, strict=True)
    for number, (dance, keypoints) in enumerate(both, 1):
        mark, which = (f".dancer{number}", f"{number}") if number > 1 else ("", "")
        for kind in ("npz", "bvh"):
            paths[kind + which] = stem.with_name(f"{stem.name}{mark}{DANCE_KINDS[kind]}")
        joints = dance.motion.joints[: len(keypoints)]
        write_keypoints(paths[f"npz{which}"], keypoints, joints, fps)
        write_bvh(paths[f"bvh{which}"], dance.motion)
    return paths


def _draw_plot(choreography: Choreography, paths: dict[str, Path]) -> str:
    song, beats = choreography.song, choreography.kinematic_beats[0]
    return draw_dance_plot(
        paths["png"],
        title=f"{song.name}, {dance_style_named(choreography.style)}",
        duration_s=song.duration_s,
        audio=song.audio,
        sample_rate=SAMPLE_RATE,
        onsets_s=song.onsets_s,
        music_beats_s=song.beats_s,
        tempo_bpm=song.tempo_bpm,
        has_beat=song.has_beat,
        offsets=beats.offsets,
        offsets_fps=beats.fps,
        kinematic_beats_s=beats.beats_s,
        dark=paths["dark"],
    )
