"""The pieces that are measured: songs, dancers and tempi that no training met."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.audio.loudness import measure_loudness
from d2m.audio.waveform import Audio, mono_at
from d2m.core.errors import DataError
from d2m.core.levels import SAMPLE_RATE, STUDIO_SAMPLE_RATE
from d2m.core.settings import Settings
from d2m.generation.soundtrack import Music
from d2m.generation.studio import StudioModel
from d2m.perception.body_events import BodyEvents
from d2m.perception.conditioning import Conditioning, condition
from d2m.score.notes import Score
from d2m.training.data.composed_pieces import ComposedPiece
from d2m.training.data.dances import procedural_dance, view

FIRST_NUMBER = 100
"""Number of the first held-out piece that is measured; those before it chose networks."""
OTHER_SONG_SEED, OTHER_DANCER_SEED = 500_000, 600_000
"""Added to a piece's seed for another song of its style, and for another dancer."""
EXCERPT_S = 8.0
"""Length (s) of the excerpts of recorded music, and of the middle of a piece that is drawn."""
MUSIC_EXCERPTS = 8
"""Most excerpts of each recorded track, evenly spaced."""


@dataclass(frozen=True, kw_only=True, eq=False)
class UnseenPiece:
    """A dance and the studio version of its music, mono at 22,050 Hz.

    Parameters
    ----------
    number, seed
        Number and seed of the piece.
    dance
        The dance.
    score
        The score of its studio version.
    studio : (N,)
        The studio version.
    tonal : (N,)
        The same without drums, as loud as the whole.
    other_song : (N,)
        Another song of the same style for the same dance.
    """

    number: int
    seed: int
    dance: Conditioning
    score: Score
    studio: Audio
    tonal: Audio
    other_song: Audio

    @property
    def style(self) -> str:
        """Name of its style."""
        return self.dance.style.name

    @property
    def title(self) -> str:
        """Style, sub-genre, tempo and number, for the title of a picture."""
        tempo = f"{self.dance.rhythm.tempo_bpm:.0f} BPM"
        return f"{self.style} ({self.score.sub_genre}), {tempo}, piece {self.number}"


def unseen_pieces(count: int, first: int = FIRST_NUMBER) -> Iterator[UnseenPiece]:
    """Compose and play pieces, whose styles follow each other in turn."""
    model = StudioModel.from_pretrained()
    for number in range(first, first + count):
        composed = ComposedPiece(number=number, held_out=True)
        yield studio_piece_of(model, composed.dance(), number, composed.seed)


def studio_piece_of(model: StudioModel, dance: Conditioning, number: int, seed: int) -> UnseenPiece:
    """Compose and play the studio version of one dance, and another song for it."""
    music = model.generate(dance, seed=seed)
    if music.score is None:
        raise ValueError("The studio version has no score.")
    studio = mono_at(music.audio, STUDIO_SAMPLE_RATE)
    other = model.generate(dance, seed=seed + OTHER_SONG_SEED)
    return UnseenPiece(
        number=number,
        seed=seed,
        dance=dance,
        score=music.score,
        studio=studio,
        tonal=at_loudness_of(without_drums(music), studio),
        other_song=at_loudness_of(mono_at(other.audio, STUDIO_SAMPLE_RATE), studio),
    )


def without_drums(music: Music) -> Audio:
    """Return the sum (N,) of all stems but the drums, at 22,050 Hz."""
    stems = [stem for name, stem in music.stems.items() if name != "drums"]
    return mono_at(np.sum(stems, axis=0, dtype=np.float32), STUDIO_SAMPLE_RATE)


def motionless(dance: Conditioning) -> Conditioning:
    """Return the same beats and style without any movement."""
    return replace(dance, features=dance.features * 0, events=BodyEvents())


def with_other_dancer(dance: Conditioning, seed: int) -> Conditioning:
    """Return the same beats and style with the movement of another procedural dancer.

    The dancer moves at the tempo of the dance, whose beats are steady and begin at 0 s.
    """
    other_seed = seed + OTHER_DANCER_SEED
    yaw = float(np.random.default_rng([21, other_seed]).uniform(-0.7, 0.7))
    other = procedural_dance(
        other_seed, tempo_bpm=dance.rhythm.tempo_bpm, duration_s=dance.duration_s
    )
    measured = condition(
        view(other, yaw).keypoints, other.fps, rhythm=dance.rhythm, settings=Settings()
    )
    return replace(dance, features=measured.features, events=measured.events)


def at_loudness_of(audio: NDArray[Any], reference: NDArray[Any]) -> Audio:
    """Scale mono audio (N,) at 22,050 Hz to the gated loudness of another; silence stays."""
    sound = np.asarray(audio, dtype=np.float32)
    own, wanted = (
        measure_loudness(np.asarray(one, dtype=np.float32), SAMPLE_RATE)
        for one in (sound, reference)
    )
    if not np.isfinite(own) or not np.isfinite(wanted):
        return sound
    return np.asarray(sound * 10 ** ((wanted - own) / 20), dtype=np.float32)


def middle(audio: NDArray[Any], seconds: float = EXCERPT_S) -> Audio:
    """Return the middle (s) of mono audio at 22,050 Hz, or all if it is shorter."""
    size = round(seconds * SAMPLE_RATE)
    start = max(0, (len(audio) - size) // 2)
    return np.asarray(audio[start : start + size], dtype=np.float32)


def music_excerpts(folder: Path) -> Iterator[tuple[str, float, Audio]]:
    """Yield names, starts (s) and excerpts of the ``music-*.flac`` of a folder, mono at 22,050 Hz.

    Raises
    ------
    DataError
        If there is no track, or one has another format.
    """
    import soundfile

    paths = sorted(folder.glob("music-*.flac"))
    if not paths:
        raise DataError(f"{folder} holds no music-*.flac.")
    for path in paths:
        audio, rate = soundfile.read(path, dtype="float32")
        if rate != SAMPLE_RATE or audio.ndim != 1:
            raise DataError(f"{path.name} is not mono at {SAMPLE_RATE} Hz.")
        size = round(EXCERPT_S * SAMPLE_RATE)
        count = min(MUSIC_EXCERPTS, len(audio) // size)
        # The first and last excerpt keep away from silent ends by half a gap.
        gap = (len(audio) - count * size) / max(1, count)
        for index in range(count):
            start = round(index * (size + gap) + gap / 2)
            yield path.stem, start / SAMPLE_RATE, audio[start : start + size]
