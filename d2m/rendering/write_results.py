"""Write the files of one level's music: the clip with it, the music, its notes, plots, stems."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from d2m.core.file_names import plain_name
from d2m.core.levels import HopLevel
from d2m.core.progress import Progress, silent, timed
from d2m.generation.planned_pieces import has_seed
from d2m.generation.soundtrack import Soundtrack
from d2m.media.audio_file import write_wav
from d2m.perception.dance import Dance
from d2m.rendering.beat_plot import draw_beat_plot
from d2m.rendering.beat_video import write_beat_video
from d2m.rendering.mux import mux
from d2m.rendering.rights import rights_sentence
from d2m.rendering.score_files import SCORE_KINDS, write_notes, write_stems
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


def write_soundtrack(dance: Dance, soundtrack: Soundtrack, folder: Path, name: str) -> Soundtrack:
    """Write all files of one level's music into a folder.

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

    Returns
    -------
    Soundtrack
        The same with ``paths``, ``alt_text``, ``score_text`` and ``rights``.
    """
    soundtrack = write_video(dance, soundtrack, folder, name)
    soundtrack = write_details(dance, soundtrack, name)
    if soundtrack.settings.overlay:
        write_overlay(soundtrack)
    return with_overlay(soundtrack)


def write_video(
    dance: Dance, soundtrack: Soundtrack, folder: Path, name: str, progress: Progress = silent
) -> Soundtrack:
    """Write the first files of a level: the clip with the music, the music, and its notes.

    Parameters
    ----------
    dance, soundtrack, folder, name
        As for `write_soundtrack`.
    progress
        Called with the name of each stage and the share done.

    Returns
    -------
    Soundtrack
        The same with ``paths`` and ``rights``.
    """
    level = soundtrack.level.name
    folder.mkdir(parents=True, exist_ok=True)
    base = folder / f"{stem_of(soundtrack, name)}.{level}"
    progress(f"Writing the video ({level})", 0.0)
    paths = {kind: base.with_name(base.name + KINDS[kind]) for kind in ("mp4", "wav")}
    with timed(soundtrack.seconds, "write"):
        _write_music(dance, soundtrack, paths)
    if soundtrack.score is not None:
        with timed(soundtrack.seconds, "midi"):
            paths |= write_notes(soundtrack.score, base)
    elif soundtrack.tracks:
        paths["midi"] = base.with_name(base.name + SCORE_KINDS["midi"])
        write_tracks_midi(paths["midi"], soundtrack.tracks, soundtrack.title)
    progress(f"Writing the video ({level})", 1.0)
    return replace(soundtrack, paths=paths, rights=rights_sentence(soundtrack))


def write_details(
    dance: Dance, soundtrack: Soundtrack, name: str, progress: Progress = silent
) -> Soundtrack:
    """Write what people can wait for: plots, stems, and the original picture with the music.

    Plots must not be drawn in two threads at a time.

    Parameters
    ----------
    dance, soundtrack
        What `write_video` returned, and its dance.
    name, progress
        As for `write_video`.

    Returns
    -------
    Soundtrack
        The same with all ``paths`` but the beat video, ``alt_text`` and ``score_text``.
    """
    stage = f"Drawing the plots ({soundtrack.level.name})"
    paths, base = dict(soundtrack.paths), soundtrack.paths["mp4"].with_suffix("")
    progress(stage, 0.0)
    paths |= {kind: base.with_name(base.name + KINDS[kind]) for kind in ("png", "dark")}
    with timed(soundtrack.seconds, "plot"):
        title = f"{name}, {soundtrack.level.name}"
        alt_text = _draw_beat_plot(dance, soundtrack, paths, title)
    progress(stage, 0.5)
    if dance.original_picture is not None:
        paths["original"] = base.with_name(base.name + KINDS["original"])
        combine_streams(dance.original_picture, paths["mp4"], paths["original"])
    score_text = ""
    if soundtrack.score is not None and soundtrack.stems:
        score_text, stems = write_stems(soundtrack, soundtrack.score, base)
        paths |= stems
    progress(stage, 1.0)
    return replace(soundtrack, paths=_in_order(paths), alt_text=alt_text, score_text=score_text)


def write_overlay(soundtrack: Soundtrack, progress: Progress = silent) -> None:
    """Write the clip with a bar that shows both kinds of beats.

    Parameters
    ----------
    soundtrack
        What `write_video` returned.
    progress
        As for `write_video`.
    """
    stage = f"Writing the beat video ({soundtrack.level.name})"
    with timed(soundtrack.seconds, "overlay"):
        write_beat_video(
            soundtrack.paths["mp4"],
            with_overlay(soundtrack).paths["beats"],
            dance_beats_s=soundtrack.found_beats_s,
            music_beats_s=soundtrack.music_beats_s,
            progress=lambda share: progress(stage, share),
        )


def with_overlay(soundtrack: Soundtrack) -> Soundtrack:
    """Return a soundtrack with the path of its beat video, if the settings ask for one."""
    if not soundtrack.settings.overlay:
        return soundtrack
    path = soundtrack.paths["mp4"].with_suffix(KINDS["beats"])
    return replace(soundtrack, paths=_in_order({**soundtrack.paths, "beats": path}))


def _in_order(paths: dict[str, Path]) -> dict[str, Path]:
    """Return files by kind in the order of `KINDS` and `SCORE_KINDS`."""
    return {kind: paths[kind] for kind in (*KINDS, *SCORE_KINDS) if kind in paths}


def _write_music(dance: Dance, soundtrack: Soundtrack, paths: dict[str, Path]) -> None:
    """Write the music alone, and in the clip."""
    rate, bits = soundtrack.sample_rate, 16 if isinstance(soundtrack.level, HopLevel) else 24
    title = soundtrack.title
    write_wav(paths["wav"], soundtrack.audio, rate, bits=bits, title=title)
    mux(
        dance.picture,
        soundtrack.audio,
        paths["mp4"],
        own_sound=dance.own_sound,
        original_gain=soundtrack.settings.original,
        ducking=soundtrack.settings.ducking,
        sample_rate=rate,
        info=dance.clip,
        title=title,
    )


def stem_of(soundtrack: Soundtrack, name: str) -> str:
    """Return the first part of the names of a job's files: clip, style, and seed or weights."""
    settings = soundtrack.settings
    is_seeded = has_seed(soundtrack.level, settings)
    piece = f"seed{settings.seed}" if is_seeded else settings.weights
    if settings.arrangement:
        piece += f".arrangement{settings.arrangement}"
    return f"{plain_name(name, 'clip')}.{soundtrack.style.name}.{piece}"


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
