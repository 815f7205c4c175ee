"""Importing files: identified by their content, converted and installed."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from d2m.checkpoints import (
    import_files,
    is_installed,
    load_i3d,
    load_published,
    load_published_codec,
    missing_keys,
    missing_line,
)
from d2m.checkpoints.catalog import WEIGHT_FILES
from d2m.checkpoints.importing import IdentifiedFile, choose_key, identify_file
from d2m.checkpoints.installed import installed_keys, installed_path, read_index, verify_installed
from d2m.checkpoints.safe_load import file_sha256, git_blob_id
from d2m.core.errors import CheckpointError, SettingsError
from d2m.core.levels import HIGH, HOP_LEVELS, LOW, HopLevel
from d2m.models.i3d import build_i3d
from tests.models.oracle import filled_state_dict


def refusal(folder: Path, *paths: Path, **options) -> str:
    before = sorted(folder.rglob("*"))
    with pytest.raises(CheckpointError) as error:
        import_files(paths, folder=folder, **options)
    message = str(error.value)
    assert message.endswith(".")
    assert "\n" not in message
    assert ". " not in message
    assert str(paths[0].parent) not in message
    assert sorted(folder.rglob("*")) == before
    return message


def keys(folder: Path, *paths: Path, **options) -> list[str]:
    return [new.key for new in import_files(paths, folder=folder, **options)]


def link(source: Path, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    os.link(source, target)
    return target


@pytest.fixture
def checkpoints(tmp_path) -> Path:
    return tmp_path / "checkpoints"


@pytest.fixture(scope="module")
def i3d_file(tmp_path_factory) -> Path:
    torch.manual_seed(0)
    state = {
        n: torch.rand_like(t) if t.is_floating_point() else t
        for n, t in build_i3d().state_dict().items()
    }
    path = tmp_path_factory.mktemp("i3d") / "I3D_8x8_R50.pyth"
    torch.save({"model_state": state, "epoch": 196}, path)
    return path


def test_imported_files_load_as_working_networks(published, i3d_file, checkpoints):
    assert missing_keys("aist", HIGH, checkpoints) == (
        "aist-high-motion",
        "aist-high-generator",
        "vqvae-high",
        "i3d",
    )
    paths = [published / name for name in ("mencoder.pt", "netG.pt", "vqvae.pth.tar")]
    installed = import_files([*paths, i3d_file], folder=checkpoints)
    assert [new.key for new in installed] == [
        "aist-high-motion",
        "aist-high-generator",
        "vqvae-jukebox",
        "i3d",
    ]
    assert is_installed("aist", HIGH, checkpoints)
    assert missing_line("aist", HIGH, checkpoints) == ""
    motion, generator = load_published("aist", HIGH, checkpoints)
    original = torch.load(published / "netG.pt", weights_only=True)
    assert all(torch.equal(t, original[n]) for n, t in generator.state_dict().items())
    latents = generator(
        motion(torch.zeros(1, 120, 219)), torch.zeros(1, 1, 2048), torch.tensor([3])
    )
    codec = load_published_codec(HIGH, checkpoints)
    audio = codec.decode(codec.codebook(HIGH).nearest(latents), HIGH)
    assert audio.shape == (1, 44032)
    visual = load_i3d(checkpoints)
    assert visual(torch.zeros(1, 3, 8, 224, 224)).shape == (1, 2048)
    for network in (motion, generator, codec, visual):
        assert not network.training
        assert not any(p.requires_grad for p in network.parameters())
        assert all(t.device.type == "cpu" for t in (*network.parameters(), *network.buffers()))
    for key in installed_keys(checkpoints):
        verify_installed(key, checkpoints)


def test_the_installed_file(published, checkpoints):
    (new,) = import_files([published / "netG.pt"], folder=checkpoints)
    assert new.path == checkpoints / "published" / "aist-high-generator.safetensors"
    assert new.path.stat().st_mode & 0o777 == 0o644
    with safe_open(new.path, framework="pt") as file:
        header = file.metadata()
        assert all(file.get_tensor(n).dtype == torch.float32 for n in file.keys())  # noqa: SIM118
    assert header["key"] == "aist-high-generator"
    assert header["source_sha256"] == file_sha256(published / "netG.pt")
    assert header["licence"] == WEIGHT_FILES["aist-high-generator"].licence
    assert header["imported_at"].startswith("20")
    assert {path.name for path in new.path.parent.iterdir()} == {new.path.name, "index.json"}
    assert "/" not in header["source"]


@pytest.mark.parametrize("level", HOP_LEVELS.values(), ids=HOP_LEVELS)
def test_names_and_shapes_are_the_published_ones(level):
    from d2m.checkpoints.identify import build_empty, identify_network

    names = {"aist-motion": "aist/mencoder", "tiktok-motion": "tiktok/mencoder"}
    names[f"aist-{level.name}-generator"] = f"aist/netG_{level.name}"
    if level == HIGH:
        names["tiktok-high-generator"] = "tiktok/netG_high"
    for network, stored in names.items():
        with torch.device("meta"):
            blank = build_empty(network).state_dict()
        shapes = json.loads((Path(__file__).parents[1] / "data/published_shapes.json").read_text())
        assert {n: list(t.shape) for n, t in blank.items()} == shapes[stored]
        assert identify_network(blank, "x") == network


def test_the_level_of_a_motion_encoder(published, checkpoints, tmp_path):
    source = published / "mencoder.pt"
    message = refusal(checkpoints, source)
    assert message == (
        "mencoder.pt fits level high and level low: choose one with --level, or import it "
        "together with its generator."
    )
    found = identify_file(source)
    high = identify_file(published / "netG.pt")

    def key(place: str, *others: IdentifiedFile, level: HopLevel | None = None) -> str:
        file = replace(found, path=tmp_path / place)
        return choose_key(file, [file, *others], level=level, dataset=None)

    def high_generator(place: str) -> IdentifiedFile:
        return replace(high, path=tmp_path / place)

    assert key("mencoder.pt", level=LOW) == "aist-low-motion"
    assert key("mencoder_low.pt", level=HIGH) == "aist-high-motion"
    assert key("mencoder.pt", high_generator("netG.pt")) == "aist-high-motion"
    assert key("mencoder_low.pt", high_generator("netG.pt")) == "aist-low-motion"
    assert key("High/m.pt") == "aist-high-motion"
    assert key("logs_aist_low/m.pt") == "aist-low-motion"
    for ambiguous in (
        ["flow_highest.pt"],
        ["high_or_low.pt"],
        ["m.pt", high_generator("a/netG.pt")],
    ):
        with pytest.raises(CheckpointError, match="fits level high and level low"):
            key(*ambiguous)
    low = replace(high_generator("netG_low.pt"), network="aist-low-generator", levels=(LOW,))
    with pytest.raises(CheckpointError, match="fits level high and level low"):
        key("m.pt", high_generator("netG.pt"), low)
    assert keys(checkpoints, source, published / "netG.pt")[0] == "aist-high-motion"


def test_tiktok(published, checkpoints):
    message = missing_line("tiktok", HIGH, checkpoints)
    assert "no public download is known" in message
    assert keys(checkpoints, published / "tiktok_mencoder.pt") == ["tiktok-high-motion"]
    assert missing_keys("tiktok", HIGH, checkpoints)[0] == "tiktok-high-generator"
    assert "no public download is known" in missing_line("tiktok", HIGH, checkpoints)
    for function in (missing_keys, load_published):
        with pytest.raises(CheckpointError, match=r"TikTok generator of level low can't run"):
            function("tiktok", LOW, checkpoints)
    assert not is_installed("tiktok", LOW, checkpoints)
    assert "can't run" in missing_line("tiktok", LOW, checkpoints)


def test_published_networks_that_cannot_be_used(published, checkpoints, tmp_path):
    message = refusal(checkpoints, published / "netD.pt")
    assert message == (
        "netD.pt is D2M-GAN's discriminator, which is used in training only: leave it out."
    )
    # Shapes are enough to identify it, so the tensors share one value.
    shapes = json.loads((Path(__file__).parents[1] / "data/published_shapes.json").read_text())
    state = {n: torch.zeros(()).expand(s) for n, s in shapes["tiktok/netG_low"].items()}
    torch.save(state, tmp_path / "netG.pt")
    message = refusal(checkpoints, tmp_path / "netG.pt")
    assert "published TikTok generator of level low cannot run" in message


@pytest.mark.parametrize(
    ("name", "options", "key"),
    [
        ("vqvae.pth.tar", {}, "vqvae-jukebox"),
        ("vqvae_high.pt", {}, "vqvae-high"),
        ("vqvae_low.pt", {}, "vqvae-low"),
        ("codec.pt", {"level": LOW}, "vqvae-low"),
    ],
)
def test_codecs(name, options, key, published, checkpoints, tmp_path):
    path = link(published / "vqvae.pth.tar", tmp_path / name)
    (new,) = import_files([path], folder=checkpoints, **options)
    assert new.key == key
    assert bool(new.note) == (key != "vqvae-jukebox")
    level = LOW if key == "vqvae-low" else HIGH
    codec = load_published_codec(level, checkpoints)
    stored = filled_state_dict("vqvae")[f"bottleneck.level_blocks.{level.vqvae_level}.k"]
    assert torch.equal(codec.codebook(level).k, stored)
    other = LOW if level is HIGH else HIGH
    if key == "vqvae-jukebox":
        load_published_codec(other, checkpoints)
    else:
        with pytest.raises(CheckpointError, match=f"vqvae-{other.name} are not installed"):
            load_published_codec(other, checkpoints)


def test_the_fine_tuned_codec_is_preferred(published, checkpoints, tmp_path):
    state = filled_state_dict("vqvae")
    state["bottleneck.level_blocks.2.k"] += 1.0
    torch.save(state, tmp_path / "vqvae_high.pt")
    import_files([published / "vqvae.pth.tar", tmp_path / "vqvae_high.pt"], folder=checkpoints)
    codec = load_published_codec(HIGH, checkpoints)
    assert torch.equal(codec.codebook(HIGH).k, state["bottleneck.level_blocks.2.k"])


def test_a_codec_of_one_level(checkpoints, tmp_path):
    state = {n: t for n, t in filled_state_dict("vqvae").items() if ".1." in n[:30]}
    level_1 = {
        n: t
        for n, t in state.items()
        if n.startswith(("encoders.1.", "decoders.1.", "bottleneck.level_blocks.1."))
    }
    level_1["bottleneck.level_blocks.1.k_sum"] = torch.full((2048, 64), float("nan"))
    torch.save(level_1, tmp_path / "mine.pt")
    assert keys(checkpoints, tmp_path / "mine.pt") == ["vqvae-low"]
    assert "is of level low, not high" in refusal(checkpoints, tmp_path / "mine.pt", level=HIGH)


def test_a_codec_is_identified_by_its_blob_id(published, checkpoints, tmp_path, monkeypatch):
    path = link(published / "vqvae.pth.tar", tmp_path / "download(1)")
    blob = git_blob_id(path)
    monkeypatch.setitem(WEIGHT_FILES, "vqvae-low", replace(WEIGHT_FILES["vqvae-low"], blob_id=blob))
    (new,) = import_files([path], folder=checkpoints)
    assert (new.key, new.note) == ("vqvae-low", "")


def changed_codec(change) -> dict[str, torch.Tensor]:
    state = filled_state_dict("vqvae")
    return change(state) or state


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            lambda s: s.pop("decoders.2.out.bias") and None,
            "lacks the parameter `decoders.2.out.bias`",
        ),
        (
            lambda s: s.update({"decoders.2.odd": torch.zeros(1)}),
            "`decoders.2.odd` that this network",
        ),
        (
            lambda s: s.update({"decoders.2.out.bias": torch.zeros(7)}),
            "its `decoders.2.out.bias` has the shape (7,), expected (1,)",
        ),
        (lambda s: {f"x.{n}": t for n, t in s.items()}, "an unknown network"),
        (
            lambda s: s.update({"encoders.9.x": torch.zeros(1)}),
            "a level that no JukeBox VQ-VAE has",
        ),
        (lambda s: s["decoders.2.out.bias"].fill_(float("nan")) and None, "not finite numbers"),
        (lambda s: s["decoders.0.out.bias"].fill_(float("inf")) and None, "not finite numbers"),
        (
            lambda s: s.update(
                {"decoders.2.out.bias": torch.full((1,), 1e300, dtype=torch.float64)}
            ),
            "not finite numbers",
        ),
        (
            lambda s: s.update({"decoders.2.out.bias": torch.zeros(1, dtype=torch.int64)}),
            "as torch.int64 (torch.strided, cpu), expected plain floating-point numbers",
        ),
        (
            lambda s: s.update({"decoders.2.out.bias": torch.zeros(1).to_sparse()}),
            "expected plain floating-point numbers",
        ),
        (
            lambda s: s.update({"decoders.2.out.bias": torch.zeros(1, device="meta")}),
            "expected plain floating-point numbers",
        ),
    ],
    ids=[
        "missing",
        "surplus",
        "shape",
        "names",
        "level",
        "nan",
        "inf",
        "overflow",
        "integers",
        "sparse",
        "meta",
    ],
)
def test_weights_that_do_not_match(change, expected, checkpoints, tmp_path):
    torch.save(changed_codec(change), tmp_path / "net.pt")
    assert expected in refusal(checkpoints, tmp_path / "net.pt")


def test_other_networks_under_known_names(checkpoints, tmp_path):
    torch.save({"lin1.weight": torch.zeros(800, 99)}, tmp_path / "net.pt")
    assert "motion encoder for 99 values per frame, expected 219 (aist) or 75 (tiktok)" in refusal(
        checkpoints, tmp_path / "net.pt"
    )
    torch.save({"blocks.0.weight": torch.zeros(3)}, tmp_path / "net.pt")
    assert "not the published I3D-R50: it lacks the parameter `blocks.0.conv" in refusal(
        checkpoints, tmp_path / "net.pt"
    )


def test_tensors_that_share_memory_or_have_half_precision(checkpoints, tmp_path):
    state = filled_state_dict("vqvae")
    names = [n for n in state if n.endswith("model.1.bias") and n.startswith("encoders.0")][:2]
    state[names[0]] = state[names[1]]
    state["decoders.2.out.weight"] = state["decoders.2.out.weight"].half()
    state["bottleneck.level_blocks.2.k"] = state["bottleneck.level_blocks.2.k"].t().contiguous().t()
    torch.save(state, tmp_path / "net.pt")
    (new,) = import_files([tmp_path / "net.pt"], folder=checkpoints)
    verify_installed(new.key, checkpoints)
    codec = load_published_codec(HIGH, checkpoints)
    assert torch.equal(codec.codebook(HIGH).k, state["bottleneck.level_blocks.2.k"])
    assert codec.state_dict()["decoders.2.out.weight"].dtype == torch.float32


def test_i3d_from_old_files_without_counters(i3d_file, checkpoints, tmp_path):
    state = torch.load(i3d_file, weights_only=True)["model_state"]
    old = {n: t for n, t in state.items() if not n.endswith("num_batches_tracked")}
    torch.save(old, tmp_path / "i3d.pt")
    assert keys(checkpoints, tmp_path / "i3d.pt") == ["i3d"]
    assert torch.equal(
        load_i3d(checkpoints).state_dict()["blocks.0.conv.weight"], state["blocks.0.conv.weight"]
    )


def test_contradictory_options(published, checkpoints):
    assert refusal(checkpoints, published / "netG.pt", level=LOW) == (
        "netG.pt is of level high, not low: leave out --level."
    )
    assert refusal(checkpoints, published / "netG.pt", dataset="tiktok") == (
        "netG.pt is of the data set aist, not tiktok: leave out --dataset."
    )
    message = refusal(checkpoints, published / "netG.pt", published / "netG.pt")
    assert "would be installed under the same key, aist-high-generator" in message
    with pytest.raises(SettingsError, match="Unknown weights 'mist'"):
        missing_keys("mist", HIGH, checkpoints)


def test_one_bad_file_installs_none(published, checkpoints, tmp_path):
    (tmp_path / "bad.pt").write_text("hello")
    refusal(checkpoints, published / "netG.pt", tmp_path / "bad.pt")


def test_verify_finds_changes(published, checkpoints):
    (new,) = import_files([published / "vqvae.pth.tar"], folder=checkpoints)
    with safe_open(new.path, framework="pt") as file:
        header = file.metadata()
        state = {n: file.get_tensor(n) for n in file.keys()}  # noqa: SIM118
    whole = new.path.read_bytes()

    def refusal_message() -> str:
        with pytest.raises(CheckpointError) as error:
            verify_installed(new.key, checkpoints)
        return str(error.value)

    new.path.write_bytes(whole[:-1])
    assert "is damaged" in refusal_message()
    new.path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert "has changed since it was installed" in refusal_message()
    save_file({**state, "decoders.2.out.bias": torch.full((1,), float("nan"))}, new.path, header)
    assert "not finite" in refusal_message()
    save_file({n: t for n, t in state.items() if "decoders.1" not in n}, new.path, header)
    assert "lacks the parameter" in refusal_message()
    save_file(state, new.path, {**header, "key": "vqvae-low"})
    assert "was not installed under this name" in refusal_message()
    new.path.write_bytes(whole)
    verify_installed(new.key, checkpoints)
    new.path.unlink()
    assert refusal_message() == (
        "The weights vqvae-jukebox are not installed: "
        "run `python -m d2m weights fetch vqvae-jukebox`."
    )


def test_an_installed_file_of_another_network_is_not_loaded(published, checkpoints):
    import_files([published / "netG.pt"], folder=checkpoints)
    path = installed_path("aist-high-generator", checkpoints)
    shutil.copy(path, installed_path("aist-high-motion", checkpoints))
    with pytest.raises(CheckpointError, match="is not the published D2M-GAN motion encoder"):
        load_published("aist", HIGH, checkpoints)


def test_a_damaged_index_is_ignored(published, checkpoints):
    (checkpoints / "published").mkdir(parents=True)
    (checkpoints / "published" / "index.json").write_text("{]")
    (new,) = import_files([published / "vqvae.pth.tar"], folder=checkpoints)
    assert read_index(checkpoints)["first_accepted"][new.key] == file_sha256(
        published / "vqvae.pth.tar"
    )
