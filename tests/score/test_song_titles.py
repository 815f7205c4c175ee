"""Each seed is another song: other notes for the same dance, another title, kinds in turn."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, pairwise

import pytest

from d2m.core.settings import Settings
from d2m.core.styles import STYLES
from d2m.score.dance_score import score_of
from d2m.score.notes import Score
from d2m.score.song_titles import song_kinds, song_title
from tests.synthetic import synthetic_conditioning

SEEDS = range(16)
"""More than the eight variations of a job, and enough for each kind of song to come five times."""
MOST_SHARED = 0.8
"""Share of equal notes above which two pieces would pass for one; chosen by hand. The most alike
of 24 seeds of a style share 0.67 in 3 s and 0.53 in 10 s."""


def placed_notes(score: Score) -> set[tuple[str, int, int]]:
    """Return what is played, without the small differences of timing and loudness."""
    return {(t.part, round(16 * n.start_s), n.pitch) for t in score.tracks for n in t.notes}


@pytest.mark.parametrize("duration_s", [3.0, 10.0])
@pytest.mark.parametrize("style", ["break", "house", "krump", "ballet-jazz"])
def test_no_two_seeds_give_the_same_piece_for_a_dance(style, duration_s):
    dance = replace(synthetic_conditioning(duration_s=duration_s), style=STYLES[style])
    pieces = [placed_notes(score_of(dance, Settings(), seed)) for seed in SEEDS]
    for one, other in combinations(pieces, 2):
        assert len(one & other) < MOST_SHARED * len(one | other)


@pytest.mark.parametrize("style", STYLES)
def test_titles_go_through_all_before_one_comes_again(style):
    titles = [song_title(style, seed) for seed in range(2050)]
    assert len(set(titles)) == 2050
    assert song_title(style, 2050) == f"{titles[0]} 2"
    assert song_title(style, 4101) == f"{titles[1]} 3"
    for one, after in pairwise(titles):
        assert not {*one.split()} & {*after.split()}


def test_a_title_stays_that_of_its_seed():
    assert song_title("break", 0) == "Amber Avenue"
    assert song_title("house", 3) == "Little Island"


def test_styles_begin_with_other_titles():
    assert len({song_title(style, 0) for style in STYLES}) == len(STYLES)


@pytest.mark.parametrize("style", STYLES)
def test_the_kinds_of_songs_take_turns(style):
    dance = replace(synthetic_conditioning(), style=STYLES[style])
    kinds = song_kinds(style)
    found = [score_of(dance, Settings(), seed).sub_genre for seed in range(2 * len(kinds))]
    assert found == [*kinds, *kinds]
