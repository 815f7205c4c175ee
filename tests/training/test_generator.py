"""Training of a compact generator for sixty steps: loss, weights and resuming."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from d2m.checkpoints import load_codec, load_generator, read_tensors
from d2m.core.errors import DataError
from d2m.core.levels import HIGH, LOW
from d2m.models.vqvae import JukeboxVQVAE
from d2m.training.codebook_loss import CodebookLoss, nearest_spacing
from d2m.training.data.corpus import corpus_codes, load_pieces
from d2m.training.data.crops import CodeCrops
from d2m.training.generator import GeneratorConfig, GeneratorTask, train_generator
from d2m.training.loops.loop_synthesizer import SOUNDFONT
from d2m.training.trainer import Trainer

pytestmark = pytest.mark.skipif(not SOUNDFONT.is_file(), reason="needs fluid-soundfont-gm")

CONFIG = GeneratorConfig(steps=60, batch=4, crop=128, report_every=20, save_every=20, device="cpu")


def metrics(folder: Path) -> list[dict[str, float]]:
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    return [{k: v for k, v in json.loads(li).items() if k != "seconds_a_step"} for li in lines]


@pytest.fixture(scope="module")
def codec() -> JukeboxVQVAE:
    return load_codec(HIGH)


@pytest.fixture(scope="module")
def trained(small_corpus, codec, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("generator")
    train_generator(small_corpus, codec, folder, CONFIG)
    return folder


def test_sixty_steps_lower_the_cross_entropy(trained):
    lines = metrics(trained)
    assert [line["step"] for line in lines] == [20, 40, 60]
    assert lines[2]["cross_entropy"] < lines[0]["cross_entropy"] - 0.15
    assert lines[2]["cross_entropy"] < np.log(2048)  # better than a uniform guess
    assert all(0 <= line["held_out_accuracy"] <= 1 for line in lines)
    assert all(np.isfinite(list(line.values())).all() for line in lines)


def test_the_weights_load_as_a_generator(trained):
    generator = load_generator(HIGH, trained / "weights.safetensors")
    assert not generator.training
    assert generator.config.sigma == pytest.approx(
        1.02 * float(load_codec(HIGH).codebook(HIGH).k.abs().max())
    )


class Stopped(GeneratorTask):
    def step(self, number, rng, engine):
        if number == 33:
            raise KeyboardInterrupt
        return super().step(number, rng, engine)


def test_an_interrupted_run_resumes_with_the_same_results(small_corpus, codec, trained, tmp_path):
    task = Stopped(small_corpus, codec, CONFIG)
    with pytest.raises(KeyboardInterrupt):
        Trainer(tmp_path, CONFIG).train(task)
    assert [line["step"] for line in metrics(tmp_path)] == [20]
    train_generator(small_corpus, codec, tmp_path, CONFIG)
    assert metrics(tmp_path) == metrics(trained)
    (whole, header), (resumed, other) = (
        read_tensors(folder / "weights.safetensors") for folder in (trained, tmp_path)
    )
    assert header == other
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_the_last_report_is_a_mean_over_its_own_steps(small_corpus, codec, tmp_path):
    config = replace(CONFIG, steps=6, report_every=4)
    train_generator(small_corpus, codec, tmp_path, config)
    whole, rest = metrics(tmp_path)
    assert [whole["step"], rest["step"]] == [4, 6]
    assert rest["cross_entropy"] == pytest.approx(whole["cross_entropy"], rel=0.2)


def test_crops_are_aligned_with_their_grid(small_corpus, codec):
    pieces = [piece for piece in load_pieces(small_corpus) if not piece.held_out]
    kept = [piece.name for piece in pieces]
    names = [piece.name for piece in load_pieces(small_corpus)]
    all_codes = corpus_codes(small_corpus, load_pieces(small_corpus), codec, HIGH)
    codes = [own for name, own in zip(names, all_codes, strict=True) if name in kept]
    config = replace(CONFIG, drop_motion=0.0, drop_visual=0.0, batch=6)
    batch = CodeCrops(pieces, codes, HIGH).draw(config, np.random.default_rng(4))
    assert batch["codes"].shape == batch["step"].shape == (6, 128)
    for item in range(6):
        piece, own = next(
            (piece, own)
            for piece, own in zip(pieces, codes, strict=True)
            if batch["codes"][item].numpy().astype(np.int16).tobytes() in own.tobytes()
        )
        assert int(batch["song"][item]) == piece.song
        first = own.tobytes().index(batch["codes"][item].numpy().astype(np.int16).tobytes()) // 2
        clock, part = piece.grid.clock(), slice(first, first + 128)
        assert (batch["offset_in_step"][item].numpy() == clock.offset_in_step[part]).all()
        assert (batch["offset_in_beat"][item].numpy() == clock.offset_in_beat[part]).all()
        step, true_step = batch["step"][item].numpy(), clock.step[part]
        for name, truth in (("position", piece.grid.position), ("movement", piece.features)):
            assert (batch[name][item].numpy()[step] == truth[true_step]).all()


def test_the_loss_is_lowest_at_the_target_entries(codec):
    book = codec.codebook(HIGH).k
    loss = CodebookLoss(book, nearest_spacing(book), 5.0, 20)
    codes = torch.randint(2048, (2, 100), generator=torch.Generator().manual_seed(0))
    features = book[codes].transpose(1, 2).clone()
    right, values = loss(features, codes)
    assert values["accuracy"] == 1.0
    assert values["l1"] == pytest.approx(0.0, abs=1e-6)
    wrong, values = loss(torch.roll(features, 1, dims=2), codes)
    assert wrong > right
    assert values["accuracy"] < 0.1
    edges = features.clone()
    edges[..., :20] = 0.0
    edges[..., -20:] = 0.0
    assert torch.equal(loss(edges, codes)[0], right)


def test_a_generator_starts_from_all_weights_of_the_same_level(small_corpus, trained, codec):
    start = read_tensors(trained / "weights.safetensors")[0]
    own = GeneratorTask(small_corpus, codec, CONFIG, start=start).generator.state_dict()
    assert all(torch.equal(own[name], value) for name, value in start.items())


def test_a_generator_starts_from_the_other_level_without_its_head(small_corpus, trained):
    start = read_tensors(trained / "weights.safetensors")[0]
    config = replace(CONFIG, level="low")
    own = GeneratorTask(small_corpus, load_codec(LOW), config, start=start).generator.state_dict()
    assert torch.equal(own["table.weight"], start["table.weight"])
    assert torch.equal(own["in_beat.weight"], start["in_beat.weight"])
    assert not torch.equal(own["head.2.weight"], start["head.2.weight"])


def test_a_folder_without_a_corpus_is_refused(codec, tmp_path):
    with pytest.raises(DataError, match="train corpus"):
        train_generator(tmp_path, codec, tmp_path / "run", CONFIG)
