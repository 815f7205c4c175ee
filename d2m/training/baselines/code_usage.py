"""How often the codec of level high uses each code in composed music, for random codes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from d2m.checkpoints import CHECKPOINTS
from d2m.training.cli_options import CorpusFolder


def code_usage_command(
    corpus: CorpusFolder = Path("runs/corpus"),
    number: Annotated[int, typer.Option(help="Training pieces to encode.", min=1)] = 100,
    checkpoints: Annotated[Path, typer.Option(help="Folder of the weights.")] = CHECKPOINTS,
) -> None:
    """Count the codes of training pieces, for the baseline of random codes."""
    typer.echo(measure_code_usage(corpus, number, checkpoints))


def measure_code_usage(corpus: Path, number: int, folder: Path = CHECKPOINTS) -> Path:
    """Encode composed training pieces and write how often each code is used.

    Parameters
    ----------
    corpus
        Corpus folder.
    number
        Number of pieces, from the first on.
    folder
        Checkpoints folder: the codec is read from it, and the usage written to it.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    DataError
        If the corpus has no training pieces.
    CheckpointError
        If the codec is missing or damaged.
    """
    import numpy as np
    import soundfile
    import torch
    from tqdm import tqdm

    from d2m.checkpoints import baseline_path, codec_path, load_codec
    from d2m.core.errors import DataError
    from d2m.core.levels import HIGH
    from d2m.generation.baselines.random_codes import write_code_usage

    paths = sorted((corpus / "train").glob("score-*.flac"))[:number]
    if not paths:
        raise DataError(
            f"{corpus} holds no training pieces: render some with `python -m d2m train pieces`."
        )
    codec = load_codec(HIGH, codec_path(HIGH, folder))
    places = codec.codes_per_frame
    counts = np.zeros((places, len(codec.codebook.k)))
    for path in tqdm(paths, desc="Counting codes", unit="piece"):
        audio, _ = soundfile.read(path, dtype="float32")
        codes = codec.encode(torch.from_numpy(audio)[None])[0].numpy()
        for place in range(places):
            counts[place] += np.bincount(codes[place::places], minlength=counts.shape[1])
    target = baseline_path("random", folder)
    write_code_usage(target, codec, counts)
    return target
