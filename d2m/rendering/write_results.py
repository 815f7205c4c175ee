"""Write the files of a job: music, videos, plots, report, and all of them in one ZIP."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from d2m.core.common_settings import COMPACT
from d2m.core.events import ResultFiles
from d2m.core.file_names import plain_name
from d2m.core.levels import HopLevel
from d2m.core.progress import Progress, silent, timed
from d2m.generation.soundtrack import Soundtrack
from d2m.media.archive import write_archive
from d2m.media.audio_file import write_wav
from d2m.perception.dance import Dance
from d2m.rendering.beat_plot import draw_beat_plot
from d2m.rendering.beat_video import write_beat_video
from d2m.rendering.mux import mux
from d2m.rendering.report import report, write_report
from d2m.rendering.rights import rights_sentence
from d2m.rendering.score_files import SCORE_KINDS, write_score_files
from d2m.rendering.side_by_side import write_side_by_side
from d2m.rendering.video_writer import combine_streams
from d2m.score.midi import write_tracks_midi

KINDS = {
    "mp4": ".mp4",
    "wav": ".wav",
    "png": ".png",
    "dark": ".dark.png",
    "beats": ".beats.mp4",
    "original": ".original.mp4",
}
"""File name endings by kind: the clip with its music, the music, the beat plot on a light and
on a dark background, the clip with a bar that shows both kinds of beats, and the source's own
coded pictures (HEVC, VP9 or AV1, with their HDR) with the music."""


def write_soundtrack(
    dance: Dance, soundtrack: Soundtrack, folder: Path, name: str, progress: Progress = silent
) -> Soundtrack:
    """Write the files of one level's music into a folder.

    Their names hold the clip, the style, the seed (or the weights, where there is no seed) and
    the level, such as ``clip.house.seed3.high.mp4``; see `KINDS`. Music with a score has
    further files, see `d2m.rendering.score_files.SCORE_KINDS`; the notes of a baseline are
    written as MIDI.

    Parameters
    ----------
    dance, soundtrack
        The music and the dance that it was made for.
    folder
        Created if it is missing.
    name
        First part of the file names.
    progress
        Called with the name of each stage and the share done.

    Returns
    -------
    Soundtrack
        The same with ``paths`` and ``alt_text``.
    """
    level, settings = soundtrack.level.name, soundtrack.settings
    seconds = soundtrack.seconds
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{stem_of(soundtrack, name)}.{level}"
    there = {"beats": settings.overlay, "original": dance.original_picture is not None}
    kinds = [kind for kind in KINDS if there.get(kind, True)]
    paths = {kind: folder / f"{stem}{KINDS[kind]}" for kind in kinds}
    progress(f"Writing the files ({level})", 0.0)
    with timed(seconds, "write"):
        _write_music(dance, soundtrack, paths)
    if soundtrack.score is not None:
        progress(f"Writing the files ({level})", 0.4)
        soundtrack, more = write_score_files(soundtrack, folder / stem)
        paths |= more
    elif soundtrack.tracks:
        paths["midi"] = folder / f"{stem}{SCORE_KINDS['midi']}"
        write_tracks_midi(paths["midi"], soundtrack.tracks)
    progress(f"Writing the files ({level})", 0.7)
    with timed(seconds, "plot"):
        alt_text = _draw_beat_plot(dance, soundtrack, paths, f"{name}, {level}")
    if settings.overlay:
        stage = f"Writing the beat video ({level})"
        with timed(seconds, "overlay"):
            write_beat_video(
                paths["mp4"],
                paths["beats"],
                dance_beats_s=soundtrack.found_beats_s,
                music_beats_s=soundtrack.music_beats_s,
                progress=lambda share: progress(stage, share),
            )
    rights = rights_sentence(soundtrack)
    return replace(soundtrack, paths=paths, alt_text=alt_text, rights=rights)


def _write_music(dance: Dance, soundtrack: Soundtrack, paths: dict[str, Path]) -> None:
    """Write the music alone, and in the clip."""
    rate, bits = soundtrack.sample_rate, 16 if isinstance(soundtrack.level, HopLevel) else 24
    write_wav(paths["wav"], soundtrack.audio, rate, bits=bits)
    mux(
        dance.picture,
        soundtrack.audio,
        paths["mp4"],
        own_sound=dance.own_sound,
        original_gain=soundtrack.settings.original,
        sample_rate=rate,
    )
    if dance.original_picture is not None:
        combine_streams(dance.original_picture, paths["mp4"], paths["original"])


def write_job_files(
    dance: Dance,
    soundtracks: list[Soundtrack],
    folder: Path,
    name: str,
    progress: Progress = silent,
) -> ResultFiles:
    """Write the files of a whole job: report, comparison, and everything in one ZIP.

    Parameters
    ----------
    dance, soundtracks
        The dance and its music, at least one level.
    folder, name
        As for `write_soundtrack`.
    progress
        Called with the name of each stage and the share done.
    """
    stem = stem_of(soundtracks[0], name)
    comparisons = _compare(soundtracks, folder / stem, progress)
    path, archive = folder / f"{stem}.report.json", folder / f"{stem}.zip"
    progress("Packing the files", 0.0)
    write_report(path, report(dance, soundtracks, name))
    files = [path, *comparisons.values()]
    files += [file for soundtrack in soundtracks for file in soundtrack.paths.values()]
    write_archive(archive, files)
    return ResultFiles(report=path, archive=archive, comparisons=comparisons)


def stem_of(soundtrack: Soundtrack, name: str) -> str:
    """Return the first part of the names of a job's files: clip, style, and seed or weights."""
    settings = soundtrack.settings
    has_seed = settings.weights == COMPACT or not isinstance(soundtrack.level, HopLevel)
    piece = f"seed{settings.seed}" if has_seed else settings.weights
    if settings.arrangement:
        piece += f".arrangement{settings.arrangement}"
    return f"{plain_name(name, 'clip')}.{soundtrack.style.name}.{piece}"


def _compare(soundtracks: list[Soundtrack], stem: Path, progress: Progress) -> dict[str, Path]:
    """Write videos with both hop levels side by side, one with the music of each."""
    hop_levels = [one for one in soundtracks if isinstance(one.level, HopLevel)]
    if len(hop_levels) != 2:
        return {}
    left, right = hop_levels
    names = left.level.name, right.level.name
    targets = [stem.with_name(f"{stem.name}.side-by-side.{name}.mp4") for name in names]
    write_side_by_side(
        left.paths["mp4"],
        right.paths["mp4"],
        (targets[0], targets[1]),
        dance_beats_s=left.found_beats_s,
        music_beats_s=(left.music_beats_s, right.music_beats_s),
        captions=(names[0].capitalize(), names[1].capitalize()),
        progress=lambda share: progress("Writing the comparison", share),
    )
    return dict(zip(names, targets, strict=True))


def _draw_beat_plot(
    dance: Dance, soundtrack: Soundtrack, paths: dict[str, Path], title: str
) -> str:
    return draw_beat_plot(
        paths["png"],
        title=f"{title}, {soundtrack.style.label}",
        duration_s=dance.clip.duration_s,
        motion_envelope=dance.rhythm.envelope,
        envelope_rate=dance.rhythm.envelope_rate,
        dance_beats_s=soundtrack.dance_beats_s,
        audio=soundtrack.mono,
        sample_rate=soundtrack.sample_rate,
        music_beats_s=soundtrack.music_beats_s,
        hits_s=dance.events.hits_s,
        tempo_bpm=dance.rhythm.tempo_bpm,
        clock=dance.rhythm.clock,
        unsure=dance.rhythm.unsure,
        is_phase_weak=dance.rhythm.has_weak_phase,
        has_rhythm=dance.rhythm.is_found,
        dark=paths["dark"],
    )
