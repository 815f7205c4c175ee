"""Run a graph of MediaPipe's calculators, image by image.

`mediapipe.solutions.pose` decides by itself which person it follows. Its two networks are
therefore also run one by one, in graphs of their own, with the models of the installed package.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

STDERR_LOCK = threading.RLock()
"""Held while the output to file descriptor 2 is discarded: who writes to it in another thread
holds it, too."""


@contextmanager
def silence_stderr() -> Iterator[None]:
    """Discard output to file descriptor 2, of all threads.

    MediaPipe's C++ code logs to it before any log level applies, at its start and at the
    first detection.
    """
    with STDERR_LOCK:
        try:
            kept = os.dup(2)
        except OSError:  # the process has no stderr
            yield
            return
        with Path(os.devnull).open("wb") as devnull:
            os.dup2(devnull.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)


class MediaPipeGraph:
    """A running MediaPipe graph that reads an RGB image at a time.

    Parameters
    ----------
    text
        The graph, in MediaPipe's notation.
    outputs
        Names of the streams to return.
    constants
        Data for its side packets.
    """

    def __init__(self, text: str, outputs: tuple[str, ...], **constants: bytes) -> None:
        from mediapipe.python import packet_creator

        with silence_stderr():
            self._graph, self._outputs = _build_graph(text), dict[str, Any]()
            self._n_outputs = len(outputs)
            for name in outputs:
                self._graph.observe_output_stream(name, self._outputs.__setitem__, True)
            self._graph.start_run(
                {name: packet_creator.create_string(one) for name, one in constants.items()}
            )
            self._graph.wait_until_idle()
        self._time_us, self._has_logged = 0, False

    def run(self, image: Image, dt_us: int, **packets: Any) -> dict[str, Any]:
        """Send an image and further packets, and return the packets that came out."""
        from mediapipe.python import ImageFormat, packet_creator

        self._outputs.clear()
        self._time_us += max(1, dt_us)
        packets["image"] = packet_creator.create_image_frame(
            image_format=ImageFormat.SRGB, data=np.ascontiguousarray(image)
        )
        # Its calculators log when they are first used, so up to the first complete result.
        with nullcontext() if self._has_logged else silence_stderr():
            for name, packet in packets.items():
                self._graph.add_packet_to_input_stream(name, packet.at(self._time_us))
            self._graph.wait_until_idle()
        full = {name: one for name, one in self._outputs.items() if not one.is_empty()}
        self._has_logged = self._has_logged or len(full) == self._n_outputs
        return full

    def close(self) -> None:
        """Stop the graph and free its memory."""
        self._graph.close_all_packet_sources()
        self._graph.wait_until_done()


def _build_graph(text: str) -> Any:
    import mediapipe
    from google.protobuf import text_format
    from mediapipe.calculators.core import constant_side_packet_calculator_pb2  # noqa: F401
    from mediapipe.calculators.tensor import (  # noqa: F401 - registers the options' types
        image_to_tensor_calculator_pb2,
        inference_calculator_pb2,
        tensors_to_detections_calculator_pb2,
    )
    from mediapipe.calculators.tflite import ssd_anchors_calculator_pb2  # noqa: F401
    from mediapipe.framework import calculator_pb2
    from mediapipe.python import CalculatorGraph, resource_util

    resource_util.set_resource_dir(str(Path(mediapipe.__file__).parents[1]))
    config = text_format.Parse(text, calculator_pb2.CalculatorGraphConfig())
    return CalculatorGraph(graph_config=config)
