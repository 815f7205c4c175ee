"""Crops of composed pieces: what a score generator reads, and what it is to generate."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from d2m.core.errors import DataError
from d2m.models.score_generator import FRAME_S, SoundingNotes
from d2m.models.spectral_codec import CODING_FRAME
from d2m.score.note_table import NoteTable, sounding_notes
from d2m.training.data.audio_pool import PCM16_FULL_SCALE, load_pcm

_NOTE_COLUMNS = ("start_s", "end_s", "pitch", "velocity", "instrument", "part")
_BOUND = 64  # pieces that are joined to one block, so that few tensors are kept


class PieceCrop(NamedTuple):
    """A batch of crops.

    Parameters
    ----------
    notes
        What sounds in the frames.
    time : (B, F, C)
        Time features, and movement features if there are any.
    piece : (B, piece_features)
        Features of the pieces.
    audio : (B, F * 512)
        The studio version.
    codes : (B, F * codes_per_frame)
        Its codes.
    """

    notes: SoundingNotes
    time: Tensor
    piece: Tensor
    audio: Tensor
    codes: Tensor


class _Piece(NamedTuple):
    columns: dict[str, Tensor]
    pair_note: Tensor
    pair_frame: Tensor
    offsets: NDArray[np.int64]
    time: Tensor
    piece: Tensor
    audio: Tensor
    codes: Tensor

    @property
    def count(self) -> int:
        return len(self.time)


class PieceCrops:
    """Random crops of the composed pieces in a corpus folder, which may still grow.

    Parameters
    ----------
    folder
        Corpus folder, see `d2m.training.data.composed_pieces`.
    encode
        Encodes audio (1, N) as codes (1, T).
    device
        Where the pieces are held.
    movement
        Whether frames also read movement features.
    held_out
        Whether to load the held-out pieces or those for training.
    limit
        Pieces that are loaded at most at once.

    Raises
    ------
    DataError
        If there is none.
    """

    def __init__(
        self,
        folder: Path,
        encode: Callable[[Tensor], Tensor],
        device: torch.device,
        *,
        movement: bool = False,
        held_out: bool = False,
        limit: int = 1 << 30,
    ) -> None:
        self._folder = folder / ("held_out" if held_out else "train")
        self._encode, self._device, self._movement = encode, device, movement
        self._known: set[Path] = set()
        self.pieces: list[_Piece] = []
        self.look_for_new(limit)
        if not self.pieces:
            raise DataError(f"No pieces in the folder {folder.name}: render a corpus first.")

    def look_for_new(self, most: int) -> None:
        """Load pieces that have appeared since the last look, ``most`` at most."""
        paths = sorted(set(self._folder.glob("score-*.flac")) - self._known)[:most]
        self._known |= set(paths)
        self.pieces += [self._load(path) for path in paths]

    def draw(self, batch: int, frames: int, rng: np.random.Generator) -> PieceCrop:
        """Draw a batch of crops of a length (coding frames), no longer than any piece."""
        counts = np.array([piece.count for piece in self.pieces], dtype=float)
        chosen = rng.choice(len(counts), size=batch, p=counts / counts.sum())
        places = rng.random(batch)
        return self.crops(
            [
                (int(index), int(place * (self.pieces[index].count - frames + 1)))
                for index, place in zip(chosen, places, strict=True)
            ],
            frames,
        )

    def crops(self, places: list[tuple[int, int]], frames: int) -> PieceCrop:
        """Return the crops from given pieces and first frames, all of one length (frames)."""
        columns: dict[str, list[Tensor]] = {name: [] for name in _NOTE_COLUMNS}
        pairs: list[list[Tensor]] = [[], [], []]
        rows = 0
        for item, (index, first) in enumerate(places):
            piece = self.pieces[index]
            span = slice(*piece.offsets[[first, first + frames]].tolist())
            for name, values in columns.items():
                values.append(piece.columns[name])
            pairs[0].append(piece.pair_note[span] + rows)
            frame = piece.pair_frame[span]
            pairs[1].append(frame + (item * frames - first))
            pairs[2].append((frame + 0.5) * FRAME_S)
            rows += len(piece.columns["pitch"])
        notes = SoundingNotes(
            *(torch.cat(values) for values in columns.values()), *(torch.cat(p) for p in pairs)
        )
        chosen = [(self.pieces[index], first) for index, first in places]
        samples = frames * CODING_FRAME
        per_frame = len(self.pieces[0].codes) // self.pieces[0].count
        return PieceCrop(
            notes=notes,
            time=torch.stack([p.time[f : f + frames] for p, f in chosen]),
            piece=torch.stack([p.piece for p, _ in chosen]),
            audio=torch.stack(
                [p.audio[f * CODING_FRAME : f * CODING_FRAME + samples] for p, f in chosen]
            ).float()
            / PCM16_FULL_SCALE,
            codes=torch.stack(
                [p.codes[f * per_frame : (f + frames) * per_frame] for p, f in chosen]
            ).long(),
        )

    def _load(self, path: Path) -> _Piece:
        device = self._device
        with np.load(path.with_suffix(".npz")) as file:
            arrays = {name: file[name] for name in file.files}
        time = np.concatenate([arrays["time"], arrays["movement"]][: 1 + self._movement], axis=1)
        count = len(time)
        table = NoteTable(**{name: arrays[name] for name in NoteTable.__dataclass_fields__})
        pair_note, pair_frame = sounding_notes(table, FRAME_S, count)
        audio = torch.from_numpy(load_pcm(path)[: count * CODING_FRAME]).to(device)
        with torch.inference_mode():
            codes = self._encode(audio.float()[None] / PCM16_FULL_SCALE)[0].to(torch.int16)
        return _Piece(
            columns={name: _tensor(arrays[name], device) for name in _NOTE_COLUMNS},
            pair_note=torch.from_numpy(pair_note).to(device),
            pair_frame=torch.from_numpy(pair_frame).to(device),
            offsets=np.searchsorted(pair_frame, np.arange(count + 1)),
            time=_tensor(time, device),
            piece=_tensor(arrays["piece"], device),
            audio=audio,
            codes=codes.clone(),
        )


def _tensor(values: NDArray[np.generic], device: torch.device) -> Tensor:
    """Return integers as int64 and other numbers as float32, on a device."""
    kind = torch.int64 if np.issubdtype(values.dtype, np.integer) else torch.float32
    return torch.from_numpy(values).to(device=device, dtype=kind)
