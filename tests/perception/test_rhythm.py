"""Rhythm estimation on generated dances of known tempo."""

import numpy as np
import pytest

from d2m.core.errors import SettingsError
from d2m.perception.beat_correction import fit_taps
from d2m.perception.rhythm import DEFAULT_BPM, Rhythm, estimate_rhythm

FPS = 30.0


def dancer(bpm, seconds=12.0, fps=FPS, first_beat=0.2, n_joints=17, seed=0, rate=None):
    """Generate a dancer who moves from pose to pose and stops on every beat.

    Returns keypoints (F, J, 2) in px, y down. ``rate`` (F,) is the tempo over ``bpm`` in each
    frame.
    """
    rng = np.random.default_rng(seed)
    n_frames = round(seconds * fps)
    speed = np.ones(n_frames) if rate is None else rate
    beat = (np.cumsum(speed) / fps - 1 / fps - first_beat) * bpm / 60
    rest = rng.normal([640, 360], 60, (n_joints, 2))
    poses = rest + rng.normal(0, 25, (int(beat.max()) + 6, n_joints, 2))
    index = np.floor(beat).astype(int)
    share = (1 - np.cos(np.pi * (beat - index))) / 2
    points = poses[index + 2] * (1 - share)[:, None, None] + poses[index + 3] * share[:, None, None]
    # Detectors jitter by about a pixel.
    return points + rng.normal(0, 1, points.shape)


def beat_f(rhythm, reference):
    from mir_eval.beat import f_measure

    return f_measure(np.asarray(reference), rhythm.beats_s, f_measure_threshold=0.07)


def beats_of(bpm, seconds=12.0, first_beat=0.2):
    period = 60 / bpm
    return np.arange(first_beat % period, seconds, period)


@pytest.mark.parametrize("bpm", [70, 80, 95, 110, 128, 140])
def test_tempo_and_beats_of_a_dancer_who_stops_on_beats(bpm):
    rhythm = estimate_rhythm(dancer(bpm, seed=bpm), FPS)
    assert rhythm.tempo_bpm == pytest.approx(bpm, rel=0.02)
    assert beat_f(rhythm, beats_of(bpm)) >= 0.9
    assert not rhythm.unsure
    assert rhythm.confidence > 0.8


@pytest.mark.parametrize(("fps", "seconds"), [(15.0, 10.0), (24.0, 6.0), (60.0, 5.0), (120.0, 8.0)])
def test_frame_rate_and_length_do_not_matter(fps, seconds):
    rhythm = estimate_rhythm(dancer(100, seconds, fps), fps)
    assert rhythm.tempo_bpm == pytest.approx(100, rel=0.03)
    assert beat_f(rhythm, beats_of(100, seconds)) >= 0.9


def test_beats_cover_the_clip_and_the_envelope_is_normalised():
    rhythm = estimate_rhythm(dancer(120), FPS)
    assert np.all(np.diff(rhythm.beats_s) > 0)
    assert rhythm.beats_s[0] < 0.5
    assert 11.5 < rhythm.beats_s[-1] <= 12
    assert np.isin(rhythm.downbeats_s, rhythm.beats_s).all()
    assert np.allclose(np.diff(rhythm.downbeats_s), 2.0, atol=0.1)
    assert len(rhythm.envelope) == pytest.approx(12 * rhythm.envelope_rate, abs=1)
    assert rhythm.envelope.min() >= 0
    assert rhythm.envelope.max() == 1


def test_bars_begin_with_the_strongest_accents():
    clip = dancer(100, 16.0, first_beat=0.3)
    time = np.arange(len(clip)) / FPS
    stop = 0.3 + 2 * 0.6 + 4 * 0.6 * np.arange(-1, 8)
    # The whole body is thrown down just before each downbeat, which is the third beat.
    throw = sum(50 * np.clip((time - s) / 0.12 + 1, 0, 1) ** 2 for s in stop)
    clip[..., 1] += throw[:, None]
    rhythm = estimate_rhythm(clip, FPS)
    distance = np.abs(rhythm.downbeats_s[:, None] - stop).min(axis=1)
    assert np.all(distance < 0.15)


def test_beats_follow_a_dancer_who_drifts():
    seconds = 40.0
    time = np.arange(round(seconds * FPS)) / FPS
    rate = 1 + 0.02 * np.sin(2 * np.pi * time / seconds)
    music_time = np.cumsum(rate) / FPS - 1 / FPS
    reference = np.interp(beats_of(100, music_time[-1]), music_time, time)
    rhythm = estimate_rhythm(dancer(100, seconds, rate=rate), FPS)
    assert beat_f(rhythm, reference) >= 0.9
    steady = estimate_rhythm(dancer(100, seconds, rate=rate), FPS, tempo_bpm=100)
    assert beat_f(steady, reference) < beat_f(rhythm, reference)


def assert_default(rhythm: Rhythm) -> None:
    assert rhythm.unsure
    assert rhythm.tempo_bpm == DEFAULT_BPM
    assert rhythm.confidence < 0.2
    assert np.allclose(np.diff(rhythm.beats_s), 60 / DEFAULT_BPM)
    assert rhythm.candidates == ()


def test_a_still_body_and_no_pose_give_the_default_tempo_as_unsure():
    still = np.repeat(dancer(100)[:1], 300, axis=0)
    assert_default(estimate_rhythm(still, FPS))
    assert_default(estimate_rhythm(np.full((300, 17, 2), np.nan), FPS))
    assert_default(estimate_rhythm(np.zeros((300, 17, 3)), FPS))


def random_movement(seed, seconds=12.0):
    """Generate joints (F, 17, 2) that jitter (even seeds) or wander, each on its own."""
    from scipy.ndimage import gaussian_filter1d

    rng = np.random.default_rng([13, seed])
    walk = rng.normal(0, 1, (round(seconds * FPS), 17, 2))
    if seed % 2:
        walk = gaussian_filter1d(walk, rng.uniform(2, 6), axis=0, mode="wrap")
    return dancer(100, seed=seed)[:1] + 20 * walk / walk.std()


def test_random_movement_is_unsure_but_gets_the_best_guess():
    found = [estimate_rhythm(random_movement(seed), FPS) for seed in range(100)]
    assert np.mean([not rhythm.unsure for rhythm in found]) <= 0.03
    assert np.median([rhythm.confidence for rhythm in found]) < 0.7
    tempi = {round(rhythm.tempo_bpm) for rhythm in found}
    assert len(tempi) > 20
    assert {len(rhythm.candidates) for rhythm in found} == {3}


def test_confidence_tells_rhythm_from_noise():
    rng = np.random.default_rng(2)
    clean = dancer(100)
    noise = rng.normal(0, 1, clean.shape)
    values = [estimate_rhythm(clean + level * noise, FPS).confidence for level in (0, 20, 200)]
    assert values[0] > 0.9
    assert max(values[1:]) < 0.7


def test_a_given_tempo_is_used_and_its_phase_found():
    rhythm = estimate_rhythm(dancer(100, seed=4), FPS, tempo_bpm=100)
    assert rhythm.tempo_bpm == 100
    assert np.allclose(np.diff(rhythm.beats_s), 0.6)
    assert beat_f(rhythm, beats_of(100)) >= 0.9
    other = estimate_rhythm(dancer(100, seed=4), FPS, tempo_bpm=87.5)
    assert np.allclose(np.diff(other.beats_s), 60 / 87.5)
    assert not other.unsure


def test_the_flow_and_the_pose_show_the_tempo_together():
    # Half of the joints of the pose are on the wrong person, who keeps no rhythm.
    clip = dancer(95, seed=11)
    flow = directogram_of(clip)
    clip[:, ::2] = random_movement(3)[:, ::2]
    clip[:, 1::4] = random_movement(5)[:, 1::4]
    alone, together = estimate_rhythm(clip, FPS), estimate_rhythm(clip, FPS, flow=flow)
    assert together.tempo_bpm == pytest.approx(95, rel=0.02)
    assert together.confidence > alone.confidence


def test_a_clear_dance_has_its_beats_as_the_first_candidate():
    rhythm = estimate_rhythm(dancer(100), FPS)
    first, *others = rhythm.candidates
    assert first.tempo_bpm == pytest.approx(rhythm.tempo_bpm)
    assert first.shift_beats == 0
    assert first.probability > 0.5
    assert first.probability + sum(other.probability for other in others) <= 1
    assert rhythm.phase_confidence > 0.7


def test_candidates_at_a_given_tempo_differ_in_their_shift():
    rhythm = estimate_rhythm(random_movement(1), FPS, tempo_bpm=87.5)
    assert {candidate.tempo_bpm for candidate in rhythm.candidates} == {87.5}
    assert len({candidate.shift_beats for candidate in rhythm.candidates}) == 3
    assert rhythm.phase_confidence < 0.5


def test_a_tempo_out_of_range_is_refused():
    with pytest.raises(SettingsError, match="30 to 300"):
        estimate_rhythm(dancer(100), FPS, tempo_bpm=1000)


def test_malformed_keypoints_are_refused():
    with pytest.raises(ValueError, match="shape"):
        estimate_rhythm(np.zeros((10, 34)), FPS)
    with pytest.raises(ValueError, match="fps"):
        estimate_rhythm(dancer(100), 0.0)


def test_score_channel_hides_joints_instead_of_moving_them():
    clean = dancer(100)
    rng = np.random.default_rng(3)
    scores = np.where(rng.random(clean.shape[:2]) < 0.3, 0.02, 0.9)
    # Detectors place joints that they do not see anywhere in the picture.
    points = np.where((scores < 0.5)[..., None], rng.uniform(0, 1280, clean.shape), clean)
    scored = estimate_rhythm(np.concatenate([points, scores[..., None]], axis=2), FPS)
    assert beat_f(scored, beats_of(100)) >= 0.9
    unscored = estimate_rhythm(points, FPS)
    assert unscored.confidence < scored.confidence


def test_gaps_are_bridged():
    clip = dancer(100)
    rng = np.random.default_rng(5)
    clip[rng.random(len(clip)) < 0.2] = np.nan
    clip[100:115, 3:9] = np.nan
    clip[:, 14] = np.nan
    rhythm = estimate_rhythm(clip, FPS)
    assert rhythm.tempo_bpm == pytest.approx(100, rel=0.02)
    assert beat_f(rhythm, beats_of(100)) >= 0.9


@pytest.mark.parametrize(
    "change",
    [
        lambda p: p * [-1, 1] + [1280, 0],
        lambda p: p * [1, -1],
        lambda p: p / 720,
        lambda p: np.concatenate([p / 300, np.sin(p[..., :1] / 90)], axis=2),
        lambda p: p.astype(np.float32),
    ],
    ids=["mirrored", "y up", "normalised", "metres in 3-D", "float32"],
)
def test_units_and_axes_do_not_matter(change):
    clip = dancer(110, seed=6)
    plain, changed = estimate_rhythm(clip, FPS), estimate_rhythm(change(clip), FPS)
    assert changed.tempo_bpm == pytest.approx(plain.tempo_bpm, rel=0.005)
    assert beat_f(changed, plain.beats_s) >= 0.95


def test_constant_depth_is_not_a_score():
    clip = dancer(100)
    rhythm = estimate_rhythm(np.concatenate([clip, np.zeros((*clip.shape[:2], 1))], axis=2), FPS)
    assert rhythm.tempo_bpm == pytest.approx(100, rel=0.02)


def test_the_upper_body_is_enough():
    clip = dancer(100)
    clip[:, 11:] = np.nan
    rhythm = estimate_rhythm(clip, FPS)
    assert rhythm.tempo_bpm == pytest.approx(100, rel=0.02)
    assert beat_f(rhythm, beats_of(100)) >= 0.9


@pytest.mark.parametrize("n_joints", [5, 24, 25, 33, 57])
def test_any_joint_layout_works(n_joints):
    rhythm = estimate_rhythm(dancer(100, n_joints=n_joints), FPS)
    assert rhythm.tempo_bpm == pytest.approx(100, rel=0.02)
    assert beat_f(rhythm, beats_of(100)) >= 0.9


def directogram_of(clip):
    """Sum the speeds of joints (F, J, 2) by direction: (F, 12)."""
    velocity = np.gradient(clip, axis=0)
    angle = np.arctan2(velocity[..., 1], velocity[..., 0])
    bins = np.floor((angle + np.pi) / (2 * np.pi) * 12).astype(int) % 12
    amount = np.linalg.norm(velocity, axis=-1)
    return np.stack([(amount * (bins == b)).sum(axis=1) for b in range(12)], axis=1)


def test_optical_flow_replaces_a_missing_pose():
    flow = directogram_of(dancer(90, seed=7))
    no_pose = np.full((len(flow), 17, 2), np.nan)
    rhythm = estimate_rhythm(no_pose, FPS, flow=flow)
    assert rhythm.tempo_bpm == pytest.approx(90, rel=0.02)
    assert beat_f(rhythm, beats_of(90)) >= 0.9
    assert estimate_rhythm(no_pose, FPS, flow=np.zeros_like(flow)).unsure


@pytest.mark.parametrize("fps", [15.0, 30.0, 60.0])
@pytest.mark.parametrize("n_frames", [1, 2, 5, 20, 60])
def test_very_short_clips_give_a_rhythm(n_frames, fps):
    rhythm = estimate_rhythm(dancer(100, n_frames / fps, fps), fps)
    assert 40 < rhythm.tempo_bpm < 200
    assert np.all(rhythm.beats_s <= n_frames / fps)
    assert np.isfinite(rhythm.envelope).all()


def test_two_minutes_take_little_time():
    import time

    clip = dancer(100, 120.0)
    start = time.process_time()
    rhythm = estimate_rhythm(clip, FPS)
    assert time.process_time() - start < 3
    assert beat_f(rhythm, beats_of(100, 120.0)) >= 0.9


def test_only_evidence_counts_as_a_rhythm():
    still = np.zeros((120, 17, 2))
    assert not estimate_rhythm(still, FPS).is_found
    given = estimate_rhythm(still, FPS, tempo_bpm=96)
    assert (given.is_found, given.unsure) == (False, False)
    assert estimate_rhythm(dancer(100, 8), FPS).is_found
    noise = np.random.default_rng(3).normal(0, 0.1, (240, 17, 2))
    guess = estimate_rhythm(noise, FPS)
    assert (guess.is_found, guess.unsure) == (False, True)
    assert estimate_rhythm(noise, FPS, tempo_bpm=96).is_found
    tapped = fit_taps(guess, np.arange(0.5, 4, 0.5), 8.0)
    assert tapped.is_found
    assert not tapped.has_weak_phase
