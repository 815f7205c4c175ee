import numpy as np
import pytest

from d2m.audio.reverb import Space, add_reverb, impulse_response

RATE = 44_100
HALL = Space(2.0, 20.0, 30.0, -3.0, 60.0, 4_000.0)


def decay_s(response: np.ndarray) -> float:
    """Return the time in which a response falls by 60 dB, from its fall from -5 to -35 dB."""
    left = np.cumsum(response[::-1].astype(float) ** 2)[::-1]
    level = 10 * np.log10(left / left[0] + 1e-12)
    return 2 * float(np.argmax(level < -35) - np.argmax(level < -5)) / RATE


@pytest.mark.parametrize("seconds", [0.4, 1.2, 2.0])
def test_a_space_decays_in_its_time(seconds: float) -> None:
    response = impulse_response(Space(seconds, early_db=-30.0, damping_hz=1e6))
    assert decay_s(response[0]) == pytest.approx(seconds, rel=0.2)


def test_highs_decay_faster() -> None:
    from scipy.signal import butter, sosfilt

    response = impulse_response(HALL)
    low = sosfilt(butter(4, [300, 900], "band", fs=RATE, output="sos"), response)
    high = sosfilt(butter(4, [5000, 9000], "band", fs=RATE, output="sos"), response)
    assert decay_s(high[0]) < 0.6 * decay_s(low[0])


def test_left_and_right_are_independent_and_of_unit_energy() -> None:
    response = impulse_response(HALL)
    assert abs(np.corrcoef(response)[0, 1]) < 0.1
    np.testing.assert_allclose((response**2).sum(axis=1), 1.0, rtol=1e-4)
    assert np.abs(response[:, : round(0.019 * RATE)]).max() < 0.01 * np.abs(response).max()
    np.testing.assert_array_equal(response, impulse_response.__wrapped__(HALL))


def test_reverberation_follows_its_sound() -> None:
    send = np.zeros(3 * RATE, dtype=np.float32)
    send[RATE] = 1.0
    audio = np.full((2, 3 * RATE), 0.5, dtype=np.float32)
    add_reverb(audio, send, HALL)
    wet = audio - 0.5
    assert np.abs(wet[:, :RATE]).max() < 1e-6
    assert (wet[:, RATE:] ** 2).sum() == pytest.approx(2.0, rel=0.05)
