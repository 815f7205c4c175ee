"""Crops of composed pieces: what a score generator reads, and what it is to generate."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from d2m.models.score_generator import FRAME_S, SoundingNotes
from d2m.models.spectral_codec import CODING_FRAME
from d2m.score.note_table import NoteTable, sounding_notes
from d2m.training.data.audio_pool import PCM16_FULL_SCALE, load_pcm, no_pieces
from d2m.training.distributed import Engine

PAIRS_PER_FRAME = 72
"""Notes that a frame of a batch reads at most, on average; real ones read 35."""
NOTES_PER_CROP = 1_200
"""Notes of the piece of a crop, at most, on average over a batch."""
READERS = 6
"""Threads that read files."""
NEW_PIECES = 24
"""Pieces that are added at most with one look for new ones."""
_COLUMNS = ("start_s", "end_s", "pitch", "velocity", "instrument", "part")


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


class TrainingPiece(NamedTuple):
    """A piece on the device of a training.

    Parameters
    ----------
    columns
        Columns of its note table by name, each (N,).
    pair_note, pair_frame : (P,)
        See `d2m.score.note_table.sounding_notes`.
    offsets : (F + 1,)
        First pair of each frame.
    time, piece, audio, codes
        See `PieceCrop`, for the whole piece; audio is 16-bit PCM.
    """

    columns: dict[str, Tensor]
    pair_note: Tensor
    pair_frame: Tensor
    offsets: NDArray[np.int64]
    time: Tensor
    piece: Tensor
    audio: Tensor
    codes: Tensor

    @property
    def frames(self) -> int:
        """Number of coding frames."""
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
        Pieces that are loaded before the training begins, at most.

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
        self._readers = ThreadPoolExecutor(READERS)
        self._reading: list[Future[TrainingPiece]] = []
        self.pieces = [self._encoded(piece) for piece in self._read(limit)]
        if not self.pieces:
            raise no_pieces(folder)

    def look_for_new(self) -> None:
        """Add the pieces that were read since the last look, and start to read newer ones."""
        if all(piece.done() for piece in self._reading):
            self.pieces += [self._encoded(piece) for piece in self._reading]
            self._reading = self._read(NEW_PIECES)

    def draw(self, batch: int, frames: int, rng: np.random.Generator, engine: Engine) -> PieceCrop:
        """Draw a batch of crops.

        Parameters
        ----------
        batch
            Crops of each process.
        frames
            Length of a crop (coding frames), no longer than any piece.
        rng
            Random generator, in the same state in all processes.
        engine
            Decides which share of the crops of all processes is returned.
        """
        counts = np.array([piece.frames for piece in self.pieces], dtype=float)
        total, own = batch * engine.world_size, engine.share(batch)
        chosen = rng.choice(len(counts), size=total, p=counts / counts.sum())[own]
        places = rng.random(total)[own]
        return self.crops(
            [
                (int(index), int(place * (self.pieces[index].frames - frames + 1)))
                for index, place in zip(chosen, places, strict=True)
            ],
            frames,
        )

    def crops(self, places: list[tuple[int, int]], frames: int) -> PieceCrop:
        """Return the crops from given pieces and first frames, all of one length (frames)."""
        columns: dict[str, list[Tensor]] = {name: [] for name in _COLUMNS}
        pairs: tuple[list[Tensor], ...] = ([], [], [])
        rows = 0
        for item, (index, first) in enumerate(places):
            piece = self.pieces[index]
            span = slice(*piece.offsets[[first, first + frames]].tolist())
            for name, values in columns.items():
                values.append(piece.columns[name])
            frame = piece.pair_frame[span]
            pairs[0].append(piece.pair_note[span] + rows)
            pairs[1].append(frame + (item * frames - first))
            pairs[2].append((frame + 0.5) * FRAME_S)
            rows += len(piece.columns["pitch"])
        notes = SoundingNotes(*(torch.cat(x) for x in columns.values()), *map(torch.cat, pairs))
        chosen = [(self.pieces[index], first) for index, first in places]
        samples = frames * CODING_FRAME
        per_frame = len(chosen[0][0].codes) // chosen[0][0].frames
        audio = [p.audio[f * CODING_FRAME : f * CODING_FRAME + samples] for p, f in chosen]
        codes = [p.codes[f * per_frame : (f + frames) * per_frame] for p, f in chosen]
        return PieceCrop(
            notes=notes,
            time=torch.stack([p.time[f : f + frames] for p, f in chosen]),
            piece=torch.stack([p.piece for p, _ in chosen]),
            audio=torch.stack(audio).float() / PCM16_FULL_SCALE,
            codes=torch.stack(codes).long(),
        )

    def _read(self, most: int) -> list[Future[TrainingPiece]]:
        """Start to read pieces that are not known yet."""
        paths = sorted(set(self._folder.glob("score-*.flac")) - self._known)[:most]
        self._known |= set(paths)
        return [self._readers.submit(self._load, path) for path in paths]

    def _load(self, path: Path) -> TrainingPiece:
        """Read a piece; its codes are still missing."""
        with np.load(path.with_suffix(".npz")) as file:
            arrays = {name: file[name] for name in file.files}
        time = np.concatenate([arrays["time"], arrays["movement"]][: 1 + self._movement], axis=1)
        count = len(time)
        table = NoteTable(**{name: arrays[name] for name in NoteTable.__dataclass_fields__})
        pair_note, pair_frame = sounding_notes(table, FRAME_S, count)
        return TrainingPiece(
            columns={name: _tensor(arrays[name]) for name in _COLUMNS},
            pair_note=torch.from_numpy(pair_note),
            pair_frame=torch.from_numpy(pair_frame),
            offsets=np.searchsorted(pair_frame, np.arange(count + 1)),
            time=_tensor(time),
            piece=_tensor(arrays["piece"]),
            audio=torch.from_numpy(load_pcm(path)[: count * CODING_FRAME]),
            codes=torch.zeros(0, dtype=torch.int16),
        )

    def _encoded(self, loading: Future[TrainingPiece]) -> TrainingPiece:
        """Return a piece on the device, with its codes."""
        piece, device = loading.result(), self._device
        audio = piece.audio.to(device)
        with torch.no_grad():
            codes = self._encode(audio.float()[None] / PCM16_FULL_SCALE)[0].to(torch.int16)
        return TrainingPiece(
            columns={name: values.to(device) for name, values in piece.columns.items()},
            pair_note=piece.pair_note.to(device),
            pair_frame=piece.pair_frame.to(device),
            offsets=piece.offsets,
            time=piece.time.to(device),
            piece=piece.piece.to(device),
            audio=audio,
            codes=codes,
        )


def pad_notes(notes: SoundingNotes, crops: int, frames: int) -> SoundingNotes:
    """Return the notes of a batch at a size that is the same for all batches.

    Parameters
    ----------
    notes
        Notes of a batch.
    crops, frames
        Crops in it, and frames in all. What is beyond `NOTES_PER_CROP` and `PAIRS_PER_FRAME` is
        cut.
    """
    sizes = [NOTES_PER_CROP * crops] * len(_COLUMNS) + [PAIRS_PER_FRAME * frames] * 3
    missing = [size - len(x) for size, x in zip(sizes, notes, strict=True)]
    padded = SoundingNotes(
        *(functional.pad(x, (0, m)) for x, m in zip(notes, missing, strict=True))
    )
    none = max(0, missing[-1])
    frame = padded.pair_frame
    frame = torch.cat([frame[: len(frame) - none], frame.new_full((none,), frames)])
    note = padded.pair_note.clamp(max=len(padded.pitch) - 1)
    return padded._replace(pair_frame=frame, pair_note=note)


def _tensor(values: NDArray[np.generic]) -> Tensor:
    """Return integers as int64 and other numbers as float32."""
    kind = torch.int64 if np.issubdtype(values.dtype, np.integer) else torch.float32
    return torch.from_numpy(values).to(kind)
