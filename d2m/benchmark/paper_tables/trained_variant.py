"""Train a variant of D2M-GAN and score its music for the test split of its data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from d2m.audio.waveform import Audio
from d2m.benchmark.paper_tables.segment_scores import (
    OriginalClip,
    SegmentScorer,
    SegmentSums,
    SoundEmbedding,
    joined_audio,
)
from d2m.benchmark.paper_tables.table_dances import genre_of_segment, joined_segments
from d2m.checkpoints import read_tensors
from d2m.core.levels import HOP_LEVELS
from d2m.models.vqvae import JukeboxVQVAE
from d2m.training.d2mgan.config import D2MGANConfig
from d2m.training.d2mgan.dataset import D2MGANDataset, Segment, collate
from d2m.training.d2mgan.task import D2MGANTask, train_d2mgan
from d2m.training.distributed import Engine

SegmentMaker = Callable[[Segment], torch.Tensor]
"""Makes audio (B, N) at 22,050 Hz for a batch of segments."""


def trained_sums(
    data: Path,
    codec: JukeboxVQVAE,
    run: Path,
    config: D2MGANConfig,
    embed: SoundEmbedding,
    dances: int,
) -> dict[str, SegmentSums]:
    """Train a variant, going on with an interrupted training, and score its music.

    Parameters
    ----------
    data
        Folder of the lists, with segments of the length of the settings.
    codec
        A codec of its own: its decoder may be trained.
    run
        Run folder of the training.
    config
        Settings of the training.
    embed
        Embedding of sounds for the genre.
    dances
        Most dances of the test split that are scored.

    Returns
    -------
    dict
        Sums of the scores by the name of the dance.
    """
    train_d2mgan(data, codec, run, config)
    task = D2MGANTask(data, codec, config)
    for name, weights in task.weights().items():
        weights.network.load_state_dict(read_tensors(run / f"{name}.safetensors")[0])
    return network_sums(data, task, config, embed, dances)


def untrained_sums(
    data: Path, codec: JukeboxVQVAE, config: D2MGANConfig, embed: SoundEmbedding, dances: int
) -> dict[str, SegmentSums]:
    """Score the music of a variant before its first step."""
    return network_sums(data, D2MGANTask(data, codec, config), config, embed, dances)


def copy_sums(
    data: Path, codec: JukeboxVQVAE, config: D2MGANConfig, embed: SoundEmbedding, dances: int
) -> dict[str, SegmentSums]:
    """Score the copies that a codec makes of the music of the test split: the most to expect."""
    level = HOP_LEVELS[config.level]

    def copy(batch: Segment) -> torch.Tensor:
        return codec.decode(codec.encode(batch.audio, level), level)

    return _split_sums(data, config, copy, embed, dances)


def network_sums(
    data: Path, task: D2MGANTask, config: D2MGANConfig, embed: SoundEmbedding, dances: int
) -> dict[str, SegmentSums]:
    """Score the music that the networks of a task make for the test split."""
    engine = Engine(device=config.device, precision=config.precision, threads=config.threads)
    for module in task.modules().values():
        if isinstance(module, torch.nn.Module):
            module.to(engine.device)

    def make(batch: Segment) -> torch.Tensor:
        moved = [None if one is None else one.to(engine.device) for one in batch]
        latents = task.generate(Segment(*moved), engine)  # type: ignore[arg-type]
        return task.objective.decode(latents, engine)

    return _split_sums(data, config, make, embed, dances)


@torch.no_grad()
def _split_sums(
    data: Path, config: D2MGANConfig, make: SegmentMaker, embed: SoundEmbedding, dances: int
) -> dict[str, SegmentSums]:
    """Score what is made for each dance of the test split."""
    split = D2MGANDataset(data, config.dataset, "test", HOP_LEVELS[config.level], config.seconds)
    clips, made = [], {}
    runs = joined_segments(split.names)[:dances]
    for name, places in tqdm(runs, desc="scores", unit="dance", leave=False, disable=None):
        batch = collate([split[place] for place in places])
        genre = genre_of_segment(name) if batch.genre is None else _genre_name(batch)
        original = _joined(batch.audio, config.seconds)
        clips.append(OriginalClip(name=name, genre=genre, audio=original))
        made[name] = _joined(make(batch), config.seconds)
    scorer = SegmentScorer(clips, embed, config.seconds)
    return {name: scorer.score(name, audio) for name, audio in made.items()}


def variant_settings(config: D2MGANConfig) -> dict[str, Any]:
    """Return the settings that determine what a training learns, without its length."""
    others = ("steps", "minutes", "report_every", "save_every", "device", "threads", "precision",
              "tensorboard", "samples")  # fmt: skip
    return {name: value for name, value in asdict(config).items() if name not in others}


def _joined(audio: torch.Tensor, seconds: int) -> Audio:
    return joined_audio(np.asarray(audio.float().cpu().numpy()), seconds)


def _genre_name(batch: Segment) -> str:
    from d2m.core.styles import STYLES

    assert batch.genre is not None
    return list(STYLES)[int(batch.genre[0])]
