"""Saving and loading the analysis of a clip."""

from dataclasses import replace

import numpy as np

from d2m.perception.clip_analysis import ClipAnalysis
from d2m.perception.people import People
from d2m.perception.sound_beats import SoundBeats
from tests.synthetic import synthetic_dance


def test_an_analysis_is_read_back_as_it_was_saved(tmp_path):
    sound = SoundBeats(
        has_beat=True,
        confidence=0.875,
        tempo_bpm=120.0,
        beats_s=np.arange(0.2, 4, 0.5),
        downbeats_s=np.array([0.7, 2.7]),
    )
    saved = replace(
        synthetic_dance().analysis,
        video=ClipAnalysis.video_in(tmp_path),
        sound=sound,
        people=People(
            times_s=np.array([0.1, 0.4]), boxes=np.arange(16.0).reshape(2, 2, 4), followed=(2,)
        ),
        warnings=("It is dark.",),
    )
    saved.save()
    loaded = ClipAnalysis.load(tmp_path)
    assert (loaded.clip, loaded.warnings) == (saved.clip, saved.warnings)
    assert (loaded.sound.has_beat, loaded.sound.confidence) == (True, 0.875)
    np.testing.assert_array_equal(loaded.sound.beats_s, sound.beats_s)
    np.testing.assert_array_equal(loaded.sound.downbeats_s, sound.downbeats_s)
    np.testing.assert_array_equal(loaded.pose.found, saved.pose.found)
    np.testing.assert_array_equal(loaded.people.boxes, saved.people.boxes)
    np.testing.assert_array_equal(loaded.people.times_s, saved.people.times_s)
    assert (loaded.people.followed, loaded.people.count) == ((2,), 2)
