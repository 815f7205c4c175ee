import numpy as np
import pytest

from d2m.audio.echo import add_ping_pong

RATE = 44_100


@pytest.mark.parametrize("delay_s", [0.25, 0.3214])
def test_echoes_alternate_in_time_and_fade(delay_s: float) -> None:
    send = np.zeros(3 * RATE, dtype=np.float32)
    send[1000:1400] = np.random.default_rng(0).standard_normal(400)
    audio = np.zeros((2, 3 * RATE), dtype=np.float32)
    add_ping_pong(audio, send, delay_s=delay_s, feedback=0.5)
    delay = round(delay_s * RATE)
    powers = []
    for count in range(1, 6):
        here = audio[:, 1000 + count * delay : 1800 + count * delay]
        loud, soft = (here**2).sum(axis=1)[:: 1 if count % 2 else -1]
        assert loud > 100 * soft
        powers.append(loud)
    assert not audio[:, : 1000 + delay].any()
    ratios = np.sqrt(np.array(powers[1:]) / powers[:-1])
    assert np.all(ratios < 0.5)
    assert np.all(ratios > 0.2)


def test_nothing_sent_gives_nothing() -> None:
    audio = np.zeros((2, 5000), dtype=np.float32)
    add_ping_pong(audio, np.zeros(5000, dtype=np.float32), delay_s=0.01, feedback=0.9)
    assert not audio.any()
