"""Network of the baseline Foley Music: shapes, causality, and the bundled weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from d2m.checkpoints.load_bundled import CHECKPOINTS
from d2m.core.errors import CheckpointError
from d2m.models.foley_network import FOLEY_MUSIC_FILE, FoleyMusicConfig, FoleyMusicNetwork
from d2m.models.piano_events import BEGINNING, EVENT_KINDS, PADDING
from d2m.models.pose_windows import WINDOW_POSES, pose_window
from d2m.models.skeleton_graph import GraphEncoder, joint_graph

SMALL = FoleyMusicConfig(graph_channels=8, width=16, heads=2, layers=2, hidden=16)


@pytest.fixture
def network() -> FoleyMusicNetwork:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return FoleyMusicNetwork(SMALL).eval()


@pytest.fixture
def poses() -> torch.Tensor:
    return torch.randn(2, WINDOW_POSES, 17, 2, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def events() -> torch.Tensor:
    drawn = torch.randint(0, PADDING, (2, 40), generator=torch.Generator().manual_seed(2))
    drawn[:, 0] = BEGINNING
    return drawn


def test_every_joint_is_linked_to_itself_and_its_neighbours() -> None:
    graph = joint_graph()
    assert graph.shape == (3, 17, 17)
    assert torch.allclose(graph.sum(dim=(0, 2)), torch.ones(17))
    whole = graph.sum(dim=0) > 0
    assert torch.equal(whole, whole.T)
    assert torch.linalg.matrix_power(whole.double(), 16).min() > 0
    assert graph[1, 13, 11] > 0  # from the knee, the hip is nearer
    assert graph[2, 13, 15] > 0  # and the ankle is farther


def test_the_encoder_gives_a_vector_for_every_other_pose(poses: torch.Tensor) -> None:
    vectors = GraphEncoder(layers=4, channels=8, width=16).eval()(poses)
    assert vectors.shape == (2, WINDOW_POSES // 2, 16)


def test_there_are_logits_of_all_events(
    network: FoleyMusicNetwork, poses: torch.Tensor, events: torch.Tensor
) -> None:
    assert network(poses, events).shape == (2, 40, EVENT_KINDS)


def test_a_later_event_does_not_change_earlier_logits(
    network: FoleyMusicNetwork, poses: torch.Tensor, events: torch.Tensor
) -> None:
    changed = events.clone()
    changed[:, 25:] = (changed[:, 25:] + 100) % PADDING
    before, after = network(poses, events), network(poses, changed)
    assert torch.allclose(before[:, :25], after[:, :25], atol=1e-5)
    assert not torch.allclose(before[:, 25:], after[:, 25:], atol=1e-3)


def test_one_event_at_a_time_gives_the_same_logits(
    network: FoleyMusicNetwork, poses: torch.Tensor, events: torch.Tensor
) -> None:
    logits, state = network.extend(network.begin(poses), events[:, :30])
    found = [logits]
    for index in range(30, 40):
        logits, state = network.extend(state, events[:, index : index + 1])
        found.append(logits)
    assert torch.allclose(torch.cat(found, dim=1), network(poses, events), atol=1e-4)


def test_the_movement_changes_the_logits(
    network: FoleyMusicNetwork, poses: torch.Tensor, events: torch.Tensor
) -> None:
    assert not torch.allclose(network(poses, events), network(poses.flip(1), events), atol=1e-4)


def test_a_window_is_centred_scaled_and_filled() -> None:
    rng = np.random.default_rng(0)
    poses = rng.normal(size=(50, 17, 2))
    window = pose_window(poses, 10)
    assert window.shape == (WINDOW_POSES, 17, 2)
    assert np.abs(window[:, [11, 12]].mean(axis=(0, 1))).max() < 1e-5
    assert np.allclose(window[40:], window[39])
    assert np.allclose(pose_window(3 * poses + 100, 10), window, atol=1e-4)
    gappy = poses.copy()
    gappy[20, 3] = np.nan
    gappy[:, 4] = np.nan
    assert np.isfinite(pose_window(gappy, 10)).all()


def test_the_bundled_weights_load() -> None:
    network = FoleyMusicNetwork.from_pretrained(CHECKPOINTS)
    assert not network.training
    assert (CHECKPOINTS / FOLEY_MUSIC_FILE).stat().st_size <= 4_000_000


def test_other_weights_are_refused(tmp_path: Path) -> None:
    path = tmp_path / FOLEY_MUSIC_FILE
    with pytest.raises(CheckpointError):
        FoleyMusicNetwork.from_pretrained(tmp_path)
    path.parent.mkdir()
    save_file({"other": torch.zeros(3)}, path, metadata=SMALL.metadata())
    with pytest.raises(CheckpointError, match="holds another network"):
        FoleyMusicNetwork.from_pretrained(tmp_path)
