"""Measure the levels high and low on songs, dances and tempi that no training met."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from d2m.audio.waveform import Audio
from d2m.benchmark.codec_copies import music_copy_figures
from d2m.benchmark.level_pictures import draw_spectrograms
from d2m.benchmark.level_report import LEVELS_PICTURE, levels_notes, write_levels_report
from d2m.benchmark.level_speed import speed_figures
from d2m.benchmark.level_tables import all_rows
from d2m.benchmark.listeners import Listeners
from d2m.benchmark.piece_figures import measure_piece
from d2m.benchmark.unseen_pieces import FIRST_NUMBER, unseen_pieces
from d2m.checkpoints import CHECKPOINTS, codec_path
from d2m.core.errors import DataError, SettingsError
from d2m.core.levels import HOP_LEVELS
from d2m.generation.compact import CompactModel

SHOWN_STYLES = ("house", "ballet-jazz")
"""Styles in the picture of the report: one full of drums, one of held notes. Chosen by hand."""


@dataclass(frozen=True, kw_only=True)
class LevelsConfig:
    """What to measure, and where to write it.

    Parameters
    ----------
    pieces, first
        Number of held-out pieces, and the number of the first.
    out
        Folder for the report; None to write none.
    pictures
        Folder for a picture of each style; None for the report's only.
    libraries
        Folder with ``basic-pitch`` and ``onnxruntime``; without it, notes are left out.
    music
        Folder with recorded music, ``music-*.flac``, mono at 22,050 Hz.
    before
        ``levels.json`` of an earlier measurement, which sets the goal for recorded music.
    weights
        Checkpoints folder.
    threads
        Threads of PyTorch.
    speed
        Whether to measure the time.
    """

    pieces: int = 20
    first: int = FIRST_NUMBER
    out: Path | None = None
    pictures: Path | None = None
    libraries: Path | None = None
    music: Path | None = None
    before: Path | None = None
    weights: Path = CHECKPOINTS
    threads: int = 1
    speed: bool = True


def evaluate_levels(config: LevelsConfig) -> dict[str, Any]:
    """Measure the codecs and the music of both levels, and write the report after each piece.

    Returns
    -------
    dict
        Figures of the ``pieces``, of excerpts of recorded ``music``, the ``speed``, the
        ``rows`` of the table, ``notes`` on them, facts on the ``weights``, and the alternative
        text of the ``picture``.

    Raises
    ------
    CheckpointError
        If weights are missing or damaged.
    SettingsError
        If the folder of libraries lacks one.
    DataError
        If the earlier measurement or recorded music can't be read.
    """
    earlier = _earlier_rows(config.before)
    models = {
        name: CompactModel.from_pretrained(level, folder=config.weights)
        for name, level in HOP_LEVELS.items()
    }
    try:
        listeners = Listeners.from_folder(config.libraries)
    except ValueError as error:
        raise SettingsError(str(error)) from error
    measured: dict[str, Any] = {
        "pieces": [], "music": [], "speed": {}, "rows": [], "notes": [], "picture": "",
        "weights": weights_facts(config.weights),
    }  # fmt: skip
    for folder in filter(None, (config.out, config.pictures)):
        folder.mkdir(parents=True, exist_ok=True)
    before_threads = torch.get_num_threads()
    torch.set_num_threads(config.threads)
    try:
        if config.music is not None:
            measured["music"] = music_copy_figures(models, config.music, listeners.transcribe)
        _measure_pieces(config, models, listeners, measured, earlier)
    finally:
        torch.set_num_threads(before_threads)
    return measured


def weights_facts(folder: Path) -> dict[str, dict[str, Any]]:
    """Return size (bytes) and the first 12 digits of the hash of all weights, by file name."""
    paths = [codec_path(level, folder) for level in HOP_LEVELS.values()]
    return {
        path.name: {
            "bytes": path.stat().st_size,
            "sha256": hashlib.sha256(path.read_bytes()).hexdigest()[:12],
        }
        for path in paths
    }


def _measure_pieces(
    config: LevelsConfig,
    models: dict[str, CompactModel],
    listeners: Listeners,
    measured: dict[str, Any],
    earlier: list[dict[str, Any]],
) -> None:
    """Measure the pieces, and draw the first of each style."""
    shown: dict[str, dict[str, Audio]] = {}
    seen: set[str] = set()
    pieces = unseen_pieces(config.pieces, config.first)
    for piece in tqdm(pieces, total=config.pieces, unit="piece"):
        figures, sounds = measure_piece(models, piece, listeners)
        measured["pieces"].append(figures)
        if config.speed and not measured["speed"]:
            measured["speed"] = {
                name: speed_figures(models, piece, count)
                for name, count in (("one thread", 1), ("two threads", 2))
            }
        if piece.style not in seen and config.pictures is not None:
            path = config.pictures / f"{piece.style}.png"
            draw_spectrograms({piece.title: sounds}, path)
        if piece.style not in seen and piece.style in SHOWN_STYLES and config.out is not None:
            shown[piece.title] = sounds
            measured["picture"] = draw_spectrograms(shown, config.out / LEVELS_PICTURE)
        seen.add(piece.style)
        _update(config, measured, earlier)


def _update(config: LevelsConfig, measured: dict[str, Any], earlier: list[dict[str, Any]]) -> None:
    """Compute the rows of what has been measured so far, and write them."""
    measured["rows"] = all_rows(measured["pieces"] + measured["music"], earlier)
    measured["notes"] = levels_notes(measured["pieces"])
    if config.out is not None:
        write_levels_report(measured, config.out)


def _earlier_rows(path: Path | None) -> list[dict[str, Any]]:
    if path is None:
        return []
    try:
        rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["rows"]
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"{path} holds no figures of the levels.") from error
    return rows
