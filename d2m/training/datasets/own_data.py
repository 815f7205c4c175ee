"""The project's own dances with their music, in the folder layout of the published data.

The dances are procedural, and the music is composed for them and played by the studio, as in
`d2m.training.data.composed_pieces`. The layout is that of the data set ``tiktok`` in
`d2m.training.d2mgan.dataset`: x, y and confidence of 25 key points at 30 Hz. That of AIST++ would
ask for rotations of hands, feet and head, which these dances do not have. The names of segments
begin with a genre, as in AIST++, for example ``gHO_own_test00105_seg2``.

The dances were never filmed, so there is no picture and no I3D vector: see
`d2m.training.datasets.own_inputs.directogram_vector`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from d2m.audio.waveform import Audio, mono_at
from d2m.core.errors import SettingsError
from d2m.core.levels import SAMPLE_RATE, STUDIO_SAMPLE_RATE
from d2m.core.settings import Settings
from d2m.core.styles import style_named
from d2m.generation.score_player import ScorePlayer
from d2m.generation.studio import StudioModel
from d2m.media.atomic_write import atomic_write
from d2m.models.d2mgan import DATASETS
from d2m.perception.conditioning import condition, known_rhythm
from d2m.training.d2mgan.config import SECONDS_CHOICES
from d2m.training.d2mgan.dataset import SEGMENT_FILES, SPLITS
from d2m.training.data.composed_pieces import PIECE_SECONDS, TRACK_PEAK, ComposedPiece
from d2m.training.datasets.own_inputs import OWN_LAYOUT, directogram_vector, pixel_motion

FloatArray = NDArray[np.float64]

OWN_FIRST_TEST = 100
"""Number of the first held-out piece: those before it chose networks."""
_ENDINGS = {"audio": "wav", "motion": "npy", "video": "npy"}

README = """\
Dances and music of D2M in the layout of the published D2M-GAN data (data set tiktok)

tiktok/audio_sN   music, mono, 22,050 Hz: composed for the dance, played by sampled instruments
tiktok/motion_sN  x, y (px) and confidence of 25 BODY_25 key points at 30 Hz; toes and heels,
                  which the dances do not have, are 0 with confidence 0
tiktok/video_sN   (1, 2048): visual features: directogram, not I3D. The dances were never filmed.
                  The speeds of the joints in eight directions, in sixteen parts of a segment,
                  are projected to 2,048 values by a fixed random matrix. They tell no more than
                  the motion does.

The dances are procedural: no person danced them. Names begin with the genre, as in AIST++. Dances
and songs of the test split have other seeds than those of the training split. Segments of three
and four seconds are in the folders s3 and s4, with lists of their own.

Written by: python -m d2m data own
"""
"""Text of the file ``README`` of the data."""


@dataclass(frozen=True, kw_only=True)
class OwnPiece:
    """A piece of the own data.

    Parameters
    ----------
    number
        Its number.
    split
        ``"train"`` or ``"test"``.
    """

    number: int
    split: str

    @property
    def composed(self) -> ComposedPiece:
        """What determines the dance and the song."""
        return ComposedPiece(number=self.number, held_out=self.split == "test")

    @property
    def name(self) -> str:
        """Beginning of the names of its segments."""
        code = style_named(self.composed.style).aist_code
        return f"g{code}_own_{self.split}{self.number:05d}"


def write_own_data(
    root: Path,
    *,
    number: int = 60,
    held_out: int = 20,
    seconds: float = PIECE_SECONDS[0],
    lengths: tuple[int, ...] = SECONDS_CHOICES,
) -> int:
    """Write dances with their music as segments; pieces that are there already are kept.

    Parameters
    ----------
    root
        Folder of the data; created if it does not exist.
    number, held_out
        Pieces of the training split and of the test split.
    seconds
        Most of each piece that is used (s).
    lengths
        Lengths of segments (s). Those of two seconds are in the folder itself, those of N
        seconds in its folder ``sN``.

    Returns
    -------
    int
        Number of segments of the first length in both splits.

    Raises
    ------
    SettingsError
        If a piece is shorter than a segment, or a length is not one of the paper's.
    """
    if not lengths or not set(lengths) <= set(SECONDS_CHOICES):
        raise SettingsError("Segments last 2, 3 or 4 seconds: choose from these lengths.")
    if seconds < max(lengths):
        raise SettingsError(
            f"A piece of {seconds:g} s holds no segment of {max(lengths)} s: choose longer pieces."
        )
    pieces = [OwnPiece(number=one, split="train") for one in range(number)]
    pieces += [OwnPiece(number=OWN_FIRST_TEST + one, split="test") for one in range(held_out)]
    for piece in tqdm(pieces, desc="pieces", unit="piece", disable=None):
        if not all(_is_complete(root, piece, length) for length in lengths):
            write_piece(root, piece, seconds, lengths)
    for length in lengths:
        for split in SPLITS:
            names = [
                name
                for piece in pieces
                if piece.split == split
                for name in segment_names(root, piece, length)
            ]
            _write_lists(own_folder(root, length), split, length, names)
    with atomic_write(root / "README") as part:
        part.write_text(README, encoding="utf-8")
    return sum(len(segment_names(root, piece, lengths[0])) for piece in pieces)


def own_folder(root: Path, length: int) -> Path:
    """Return the folder of the segments of a length (s): the root itself for two seconds."""
    return root if length == SECONDS_CHOICES[0] else root / f"s{length}"


def segment_names(root: Path, piece: OwnPiece, length: int) -> list[str]:
    """Return the names of a piece's segments of a length (s) that are complete, in order."""
    folder = own_folder(root, length)
    found = folder.glob(f"{_path('video', piece.name, length).with_suffix('')}_seg*.npy")
    names = [path.stem for path in found]
    return sorted(names, key=lambda name: int(re.sub(r".*_seg", "", name)))


def write_piece(root: Path, piece: OwnPiece, seconds: float, lengths: tuple[int, ...]) -> None:
    """Make the dance and the music of a piece once, and write its segments of each length."""
    keypoints, fps, audio = own_dance(piece, seconds)
    motion = pixel_motion(keypoints, fps)
    for length in lengths:
        folder, rate = own_folder(root, length), DATASETS[OWN_LAYOUT].fps
        count = int(min(len(audio) / SAMPLE_RATE, len(motion) / rate) / length + 1e-6)
        for index in reversed(range(count)):  # the first segment is written last
            name = f"{piece.name}_seg{index + 1}"
            start, stop = index * length, (index + 1) * length
            sound = audio[start * SAMPLE_RATE : stop * SAMPLE_RATE]
            part = motion[round(start * rate) : round(stop * rate)]
            dance = keypoints[round(start * fps) : round(stop * fps)]
            for kind, values in (
                ("audio", sound),
                ("motion", part),
                ("video", directogram_vector(dance, fps)),
            ):
                _write_file(folder / _path(kind, name, length), values)


def own_dance(piece: OwnPiece, seconds: float) -> tuple[FloatArray, float, Audio]:
    """Return the key points of a dance, their frame rate, and the music composed for it.

    Parameters
    ----------
    piece
        The piece.
    seconds
        Most of it that is used (s).

    Returns
    -------
    keypoints : (F, 17, 2)
        COCO-17 joints in torso lengths, y down.
    fps
        Frame rate (Hz).
    audio : (N,)
        Mono at 22,050 Hz, as long as the dance.
    """
    composed = piece.composed
    seen = composed.dancer()
    keypoints = seen.keypoints[: round(seconds * seen.fps)]
    length_s = len(keypoints) / seen.fps
    rhythm = known_rhythm(
        seen.beats_s[seen.beats_s < length_s], seen.downbeats_s[seen.downbeats_s < length_s]
    )
    dance = condition(keypoints, seen.fps, rhythm=rhythm, settings=Settings())
    dance = replace(dance, style=style_named(composed.style))
    music = StudioModel(_player(), composed.settings()).generate(dance, seed=composed.seed)
    return keypoints, seen.fps, mono_at(music.audio, STUDIO_SAMPLE_RATE)


@cache
def _player() -> ScorePlayer:
    return ScorePlayer.from_folder()


def _is_complete(root: Path, piece: OwnPiece, length: int) -> bool:
    """Return whether the segment of a piece that is written last is there."""
    return f"{piece.name}_seg1" in segment_names(root, piece, length)


def _path(kind: str, name: str, length: int) -> Path:
    return Path(OWN_LAYOUT, f"{kind}_s{length}", f"{name}.{_ENDINGS[kind]}")


def _write_file(path: Path, values: NDArray[np.float32]) -> None:
    with atomic_write(path) as part:
        if path.suffix == ".npy":
            np.save(part, values)
            return
        import soundfile

        peak = float(np.abs(values).max(initial=1e-9))
        soundfile.write(part, values * min(1.0, TRACK_PEAK / peak), SAMPLE_RATE)


def _write_lists(folder: Path, split: str, length: int, names: list[str]) -> None:
    """Write the lists of a split."""
    for kind in SEGMENT_FILES:
        lines = "".join(f"./{_path(kind, name, length).as_posix()}\n" for name in names)
        with atomic_write(folder / f"{OWN_LAYOUT}_{kind}_{split}_segment.txt") as part:
            part.write_text(lines, encoding="utf-8")
