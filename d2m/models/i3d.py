"""The I3D network (ResNet-50, 8 x 8) that describes a segment of video."""

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
"""Values in the feature vector of a segment: the channels before the last projection."""

_IMPORTING = Lock()


def build_i3d() -> nn.Module:
    """Build the network, untrained, for evaluation.

    Its ``state_dict`` has the names and shapes of the published file, the projection to
    Kinetics' actions among them, so that the file loads strictly.

    Returns
    -------
    torch.nn.Module
        Maps pictures (B, 3, 8, 224, 224), as `normalised` gives them, to (B, 2048).
    """
    from torch import nn

    with _without_torchvision():
        from pytorchvideo.models.hub.resnet import i3d_r50

    class I3D(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.blocks: nn.ModuleList = i3d_r50(pretrained=False).blocks

        def forward(self, pictures: Tensor) -> Tensor:
            for block in self.blocks[:-1]:
                pictures = block(pictures)
            # The head would go on to project each place to actions, and then take the mean.
            pooled: Tensor = self.blocks[-1].get_submodule("pool")(pictures)
            return pooled.mean((2, 3, 4))

    return I3D().eval().requires_grad_(False)


@contextmanager
def _without_torchvision() -> Iterator[None]:
    """Let pytorchvideo be imported where torchvision is missing or can't be.

    pytorchvideo names torchvision's RoIAlign as the default of its detection heads, which
    no one builds here. A torchvision that was not made for the installed torch fails at
    import, and would take I3D with it.
    """
    name = "torchvision.ops"
    stand_in = ModuleType(name)
    vars(stand_in)["RoIAlign"] = object
    with _IMPORTING:
        before = sys.modules.get(name)
        sys.modules[name] = stand_in
        try:
            yield
        finally:
            del sys.modules[name]
            if before is not None:
                sys.modules[name] = before
