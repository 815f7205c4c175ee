"""The matrix of ablations: real trainings of one or two steps, with a random codec."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from d2m.benchmark.cli import evaluate
from d2m.benchmark.paper_tables.ablation_matrix import (
    MATRIX_FILE,
    UNTRAINED_ROW,
    AblationConfig,
    run_ablations,
)
from d2m.benchmark.paper_tables.ablation_rows import ABLATION_ROWS, ABLATION_TITLES
from d2m.benchmark.paper_tables.ablation_tables import ablation_tables
from d2m.benchmark.paper_tables.published_figures import COPY_ROW
from d2m.benchmark.paper_tables.segment_scores import choose_embedding
from d2m.core.errors import DataError, SettingsError
from d2m.training.d2mgan.config import D2MGANConfig
from d2m.training.d2mgan.task import D2MGANTask
from tests.training.jukebox import write_vqvae
from tests.training.layout import write_dataset

SMALL = D2MGANConfig(
    steps=2,
    batch=1,
    channel_divisor=16,
    fine_tune=False,
    report_every=2,
    save_every=1,
    device="cpu",
    precision="no",
    tensorboard=False,
    samples=False,
).without(("waveform", "mel"))


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("aist")
    write_vqvae(folder)
    write_dataset(folder, "aist", "train")
    return write_dataset(folder, "aist", "test", count=1)


def config_for(data: Path, folder: Path) -> AblationConfig:
    return AblationConfig(
        data=data,
        folder=folder,
        base=SMALL,
        codec=data / "vqvae.safetensors",
        tables=("table3",),
        dances=1,
    )


def embedding():
    return choose_embedding()[1]


@pytest.mark.slow
def test_an_interrupted_matrix_goes_on_and_finished_cells_are_kept(data, tmp_path, monkeypatch):
    config = config_for(data, tmp_path)
    step = D2MGANTask.step

    def interrupted(task, number, rng, engine):
        if number == 1:
            raise KeyboardInterrupt
        return step(task, number, rng, engine)

    monkeypatch.setattr(D2MGANTask, "step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run_ablations(config, embedding())
    stored = json.loads((tmp_path / MATRIX_FILE).read_text())
    assert set(stored) == {COPY_ROW, UNTRAINED_ROW}

    resumed = []

    def counted(task, number, rng, engine):
        resumed.append(number)
        return step(task, number, rng, engine)

    monkeypatch.setattr(D2MGANTask, "step", counted)
    cells = {cell.key: cell for cell in run_ablations(config, embedding())}
    assert resumed == [1]
    assert sum(one["segments"] for one in cells["full"].sums.values()) == 1
    assert "folder s3" in cells["seconds-3"].problem

    again = {cell.key: cell for cell in run_ablations(config, embedding())}
    assert resumed == [1]
    assert again["full"].sums == cells["full"].sums

    tables = ablation_tables([*again.values()], config, "aist", "an embedding")
    assert [table.key for table in tables] == ["table3"]
    titles = [row.title for row in tables[0].rows]
    assert titles[0] == "full model (segments of 2 s)"
    assert titles[-2:] == [COPY_ROW, UNTRAINED_ROW]
    assert tables[0].rows[0].cells["hit"].measured is not None
    assert tables[0].rows[0].cells["hit"].published is None


def test_without_a_codec_each_cell_says_what_is_missing(data, tmp_path):
    config = replace(config_for(data, tmp_path), codec=data / "missing.pt", tables=())
    cells = run_ablations(config, embedding())
    assert {cell.key for cell in cells} == {row.key for row in ABLATION_ROWS}
    assert all("there is no codec" in cell.problem and not cell.sums for cell in cells)
    assert not (tmp_path / MATRIX_FILE).exists()
    tables = ablation_tables(cells, config, "aist", "an embedding")
    assert [table.key for table in tables] == list(ABLATION_TITLES)


def test_without_steps_nothing_is_trained(data, tmp_path):
    config = config_for(data, tmp_path)
    cells = run_ablations(replace(config, base=replace(SMALL, steps=0)), embedding())
    assert all("--steps" in cell.problem for cell in cells)
    assert not any(tmp_path.iterdir())


def test_a_damaged_matrix_is_named(data, tmp_path):
    (tmp_path / MATRIX_FILE).write_text('{"full": {"sums": 3}}')
    with pytest.raises(DataError, match=r"matrix\.json .* is damaged"):
        run_ablations(config_for(data, tmp_path), embedding())


def test_each_variant_is_another_training_that_is_possible():
    full = replace(SMALL, fine_tune=True, weights=D2MGANConfig().weights)
    configs = {row.key: row.config_from(full) for row in ABLATION_ROWS}
    assert configs["full"] == full
    assert len({repr(config) for config in configs.values()}) == len(ABLATION_ROWS) == 15
    assert not configs["without-motion"].motion
    assert configs["without-mel"].weights.mel == 0
    assert configs["seconds-4"].seconds == 4
    assert all(set(row.tables) <= set(ABLATION_TITLES) for row in ABLATION_ROWS)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--dataset", "aist"), "give its folder with --data"),
        (("--dataset", "groove"), "Unknown data set"),
        (("--only", "table9"), "Unknown table"),
        (("--only", "tiktok"), "has no table tiktok"),
    ],
)
def test_wrong_choices_are_explained(options, sentence, tmp_path):
    done = CliRunner().invoke(evaluate, ["tables", *options, "--out", str(tmp_path)])
    assert isinstance(done.exception, SettingsError)
    assert sentence in str(done.exception)
