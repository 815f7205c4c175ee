"""I3D (ResNet-50, 8 x 8 frames), which describes a segment of video by one feature vector.

Carreira and Zisserman, "Quo Vadis, Action Recognition?", CVPR 2017, in pytorchvideo's
implementation. D2M-GAN reads its features (Zhu et al., ECCV 2022, Sec. 3.1).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor, nn

I3D_FEATURES = 2048
"""Size of a feature vector: the channels before the projection to Kinetics' actions."""

_IMPORT_LOCK = Lock()


def build_i3d() -> nn.Module:
    """Build the network with random weights, in evaluation mode and without gradients.

    Its state dict has the names and shapes of the published file ``I3D_8x8_R50.pyth``,
    including the unused projection to Kinetics' 400 actions, so the file loads strictly.

    Returns
    -------
    torch.nn.Module
        Maps frames (B, 3, 8, 224, 224), as `d2m.perception.i3d_features.normalise_pixels`
        returns them, to features (B, 2048).
    """
    from torch import nn

    with _without_torchvision():
        from pytorchvideo.models.hub.resnet import i3d_r50

    class I3D(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.blocks: nn.ModuleList = i3d_r50(pretrained=False).blocks

        def forward(self, frames: Tensor) -> Tensor:
            for block in self.blocks[:-1]:
                frames = block(frames)
            # The published head would project each position to actions before the mean.
            pooled: Tensor = self.blocks[-1].get_submodule("pool")(frames)
            return pooled.mean((2, 3, 4))

    return I3D().eval().requires_grad_(False)


@contextmanager
def _without_torchvision() -> Iterator[None]:
    """Make pytorchvideo importable where torchvision is missing or broken.

    pytorchvideo imports torchvision's RoIAlign for detection heads, which are not used here.
    A torchvision built for another version of torch fails at import.
    """
    name = "torchvision.ops"
    stand_in = ModuleType(name)
    vars(stand_in)["RoIAlign"] = object
    with _IMPORT_LOCK:
        before = sys.modules.get(name)
        sys.modules[name] = stand_in
        try:
            yield
        finally:
            del sys.modules[name]
            if before is not None:
                sys.modules[name] = before
