"""Spatio-temporal graph convolution over the joints of a body (ST-GCN, Yan et al., AAAI 2018).

Shapes: ``B`` windows, ``C`` channels, ``F`` poses, 17 joints.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

COCO_BONES = (
    (0, 1), (0, 2), (1, 3), (2, 4), (0, 5), (0, 6), (5, 6), (5, 7), (7, 9), (6, 8), (8, 10),
    (5, 11), (6, 12), (11, 12), (11, 13), (13, 15), (12, 14), (14, 16),
)  # fmt: skip
"""Pairs of COCO-17 joints that are neighbours."""
GRAPH_JOINTS = 17
"""Joints of a pose."""
_HIPS = (11, 12)
_PARTITIONS = 3


def joint_graph() -> Tensor:
    """Return the normalised adjacency (3, 17, 17) of the joints, in ST-GCN's three partitions.

    The first holds each joint itself and neighbours that are as far from the hips, the second
    the neighbours that are nearer, the third those that are farther ("spatial configuration"
    of ST-GCN).
    """
    linked = np.eye(GRAPH_JOINTS, dtype=bool)
    for one, other in COCO_BONES:
        linked[one, other] = linked[other, one] = True
    distance = np.full(GRAPH_JOINTS, GRAPH_JOINTS)
    distance[list(_HIPS)] = 0
    for _ in range(GRAPH_JOINTS):
        distance = np.minimum(distance, np.where(linked, distance[None], GRAPH_JOINTS).min(1) + 1)
    weights = linked / linked.sum(axis=1, keepdims=True)
    nearer = np.sign(distance[None] - distance[:, None])
    return torch.tensor(np.stack([weights * (nearer == n) for n in (0, -1, 1)]), dtype=torch.float)


class GraphLayer(nn.Module):
    """One layer: a convolution over neighbouring joints, then one over time.

    Parameters
    ----------
    inputs, outputs
        Channels.
    stride
        Poses from one result to the next.
    kernel
        Poses that the convolution over time sees; odd.
    """

    def __init__(self, inputs: int, outputs: int, *, stride: int = 1, kernel: int = 5) -> None:
        super().__init__()
        self.register_buffer("graph", joint_graph(), persistent=False)
        self.importance = nn.Parameter(torch.ones(_PARTITIONS, GRAPH_JOINTS, GRAPH_JOINTS))
        self.spatial = nn.Conv2d(inputs, _PARTITIONS * outputs, 1)
        self.between = nn.Sequential(nn.BatchNorm2d(outputs), nn.ReLU())
        self.temporal = nn.Conv2d(
            outputs, outputs, (kernel, 1), stride=(stride, 1), padding=(kernel // 2, 0)
        )
        self.after = nn.BatchNorm2d(outputs)
        self.shortcut: nn.Module = nn.Identity()
        if inputs != outputs or stride != 1:
            self.shortcut = nn.Conv2d(inputs, outputs, 1, stride=(stride, 1))

    graph: Tensor

    def forward(self, values: Tensor) -> Tensor:
        """Return values (B, outputs, F', 17) for values (B, inputs, F, 17)."""
        batch, _, frames, joints = values.shape
        spread = self.spatial(values).view(batch, _PARTITIONS, -1, frames, joints)
        edges = self.graph * self.importance
        gathered = torch.einsum("bpcfj,pij->bcfi", spread, edges)
        moved: Tensor = self.after(self.temporal(self.between(gathered)))
        return torch.relu(moved + self.shortcut(values))


class GraphEncoder(nn.Module):
    """ST-GCN from joints to one vector for every other pose.

    Parameters
    ----------
    layers
        Graph layers; the first half has half the channels, and the layer after it every other
        pose.
    channels
        Channels of the last layer.
    width
        Values of a vector.
    """

    def __init__(self, *, layers: int, channels: int, width: int) -> None:
        super().__init__()
        sizes = [4] + [channels // 2] * (layers // 2) + [channels] * (layers - layers // 2)
        self.normalise = nn.BatchNorm1d(4 * GRAPH_JOINTS)
        self.layers = nn.Sequential(
            *(
                GraphLayer(sizes[n], sizes[n + 1], stride=2 if n == layers // 2 else 1)
                for n in range(layers)
            )
        )
        self.head = nn.Sequential(nn.Linear(channels, width), nn.LayerNorm(width))

    def forward(self, poses: Tensor) -> Tensor:
        """Return vectors (B, F / 2, width) for poses (B, F, 17, 2): where joints are and go to."""
        steps = torch.diff(poses, dim=1, prepend=poses[:, :1])
        joints = torch.cat([poses, steps], dim=-1)
        batch, frames = joints.shape[:2]
        flat = self.normalise(joints.reshape(batch, frames, -1).transpose(1, 2))
        values = flat.view(batch, GRAPH_JOINTS, 4, frames).permute(0, 2, 3, 1).contiguous()
        vectors: Tensor = self.head(self.layers(values).mean(dim=-1).transpose(1, 2))
        return vectors
