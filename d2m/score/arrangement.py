"""Arrange a song for a dance: the form, the parts, and the answers to single movements."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from d2m.core.metrical_grid import STEPS_PER_BAR
from d2m.core.styles import STYLES
from d2m.perception.conditioning import Conditioning
from d2m.score.closing import add_ending, add_pickup
from d2m.score.dance_accents import add_gestures, add_hits, choose_hits
from d2m.score.draft import Draft, place_cells
from d2m.score.form import Form, form_of
from d2m.score.harmony import key_name
from d2m.score.metre import balance_metre, mark_beats, set_off_answers, weigh_metre
from d2m.score.movement import movement_along
from d2m.score.notes import Score, Section
from d2m.score.options import ScoreOptions
from d2m.score.part_plan import plan_cells, plan_sections
from d2m.score.performance import perform
from d2m.score.song import Song
from d2m.score.stops import add_stops, choose_stops
from d2m.score.timeline import Timeline, timeline_of
from d2m.score.transitions import Place, add_transitions

_SAME_BEAT_S = 0.02


def arrange(song: Song, dance: Conditioning, options: ScoreOptions) -> Score:
    """Arrange a song for a dance.

    - The dance's energy and changes give the sections, and the energy of each section and
      half bar the number of parts. Arms add hats and percussion, legs kicks and bass notes,
      raised hands lift the melody.
    - Fills close groups of bars; builds lead into stronger sections.
    - Hits get stabs, freezes stop the music, jumps get swells and impacts.
    - The piece begins on the first beat and ends with a last hit that rings out.

    Parameters
    ----------
    song
        The material.
    dance
        Beats and movement.
    options
        How to arrange it. The same arguments give the same score.

    Returns
    -------
    Score
        Of the length of the clip.
    """
    rng = np.random.default_rng([song.seed, options.arrangement, list(STYLES).index(song.style)])
    timeline = timeline_of(dance)
    movement = movement_along(dance, timeline)
    form = form_of(dance, movement, timeline, options, rng)
    plans = plan_sections(song, form, options, rng)
    cells = plan_cells(song, form, plans, movement, timeline, options, rng)
    names = ("drums", "bass", "chords", "lead")
    stems = frozenset(name for name in names if getattr(options, name))
    place = Place(draft=Draft(), song=song, timeline=timeline, stems=stems)
    place_cells(place.draft, song, cells)
    add_transitions(place, form, plans, rng)
    stops = choose_stops(place, movement, form)
    hits = choose_hits(place, movement, form, options.density)
    answered = add_hits(place, hits, [(stop.start, stop.end) for stop in stops])
    weigh_metre(place.draft, timeline.tempo_bpm)
    add_stops(place, stops)
    add_gestures(place, movement, form)
    add_ending(place, form.end, options.ending)
    add_pickup(place)
    quiet = [(p.section.start, p.section.end) for p in plans if p.section.name == "break"]
    mark_beats(place, form.end, [(s.start, s.end) for s in stops] + quiet)
    balance_metre(place.draft)
    set_off_answers(place, answered, form.end)
    tracks = perform(place.draft, song, timeline, form.end, options)
    end_s = timeline.time_s(form.end)
    beats = timeline.dance_beats_s
    return Score(
        style=song.style,
        sub_genre=song.sub_genre,
        seed=song.seed,
        arrangement=options.arrangement,
        key=key_name(song.key, song.mode),
        tempo_bpm=dance.rhythm.tempo_bpm,
        swing_percent=options.swing_percent or song.groove.swing_percent,
        tracks=tracks,
        sections=_sections(form, timeline),
        beats_s=beats[beats <= end_s + _SAME_BEAT_S],
        downbeats_s=_downbeats(form, timeline),
        hits_s=_hit_times(place, answered, form.end),
        end_s=end_s,
        duration_s=dance.duration_s,
    )


def _sections(form: Form, timeline: Timeline) -> tuple[Section, ...]:
    """Return the sections in seconds; the last includes the last hit and its tail."""
    played = [section for section in form.sections if section.start < form.end]
    played = played or [*form.sections[:1]]
    starts = timeline.times_s(np.array([section.start for section in played]))
    edges = [*starts.tolist(), timeline.duration_s]
    return tuple(
        Section(name=section.name, start_s=a, end_s=b, energy=section.energy)
        for section, (a, b) in zip(played, pairwise(edges), strict=True)
    )


def _downbeats(form: Form, timeline: Timeline) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the bar lines (s); an incomplete first bar has none."""
    lines = [*form.bars]
    if len(lines) > 1 and lines[1] - lines[0] < STEPS_PER_BAR:
        lines = lines[1:]
    if (form.end - lines[-1]) % STEPS_PER_BAR == 0 and form.end > lines[-1]:
        lines.append(form.end)
    return timeline.times_s(np.array(lines))


def _hit_times(
    place: Place, steps: list[float], end: int
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the onsets (s) of the answers to hits."""
    kept = [step for step in sorted(set(steps)) if step < end]
    bends = np.array([place.draft.bends_s.get(step, 0.0) for step in kept])
    return np.asarray(place.timeline.times_s(np.array(kept)) + bends)
