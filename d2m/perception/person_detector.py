"""Find the people in an image with MediaPipe's pose detector."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from d2m.perception.mediapipe_graph import Image, MediaPipeGraph
from d2m.perception.pose import FloatArray

_DETECTOR = """
input_stream: "image"
output_stream: "found"
node {
  calculator: "ImageToTensorCalculator"
  input_stream: "IMAGE:image"
  output_stream: "TENSORS:input"
  output_stream: "LETTERBOX_PADDING:padding"
  options { [mediapipe.ImageToTensorCalculatorOptions.ext] {
    output_tensor_width: 224 output_tensor_height: 224 keep_aspect_ratio: true
    output_tensor_float_range { min: -1.0 max: 1.0 } border_mode: BORDER_ZERO
  } }
}
node {
  calculator: "InferenceCalculator"
  input_stream: "TENSORS:input"
  output_stream: "TENSORS:output"
  options { [mediapipe.InferenceCalculatorOptions.ext] {
    model_path: "mediapipe/modules/pose_detection/pose_detection.tflite"
    delegate { xnnpack { num_threads: 1 } }
  } }
}
node {
  calculator: "SsdAnchorsCalculator"
  output_side_packet: "anchors"
  options { [mediapipe.SsdAnchorsCalculatorOptions.ext] {
    num_layers: 5 min_scale: 0.1484375 max_scale: 0.75
    input_size_height: 224 input_size_width: 224 anchor_offset_x: 0.5 anchor_offset_y: 0.5
    strides: 8 strides: 16 strides: 32 strides: 32 strides: 32
    aspect_ratios: 1.0 fixed_anchor_size: true
  } }
}
node {
  calculator: "TensorsToDetectionsCalculator"
  input_stream: "TENSORS:output"
  input_side_packet: "ANCHORS:anchors"
  output_stream: "DETECTIONS:boxed"
  options { [mediapipe.TensorsToDetectionsCalculatorOptions.ext] {
    num_classes: 1 num_boxes: 2254 num_coords: 12 box_coord_offset: 0 keypoint_coord_offset: 4
    num_keypoints: 4 num_values_per_keypoint: 2 sigmoid_score: true score_clipping_thresh: 100.0
    reverse_output_order: true x_scale: 224.0 y_scale: 224.0 h_scale: 224.0 w_scale: 224.0
    min_score_thresh: 0.5
  } }
}
node {
  calculator: "DetectionLetterboxRemovalCalculator"
  input_stream: "DETECTIONS:boxed"
  input_stream: "LETTERBOX_PADDING:padding"
  output_stream: "DETECTIONS:found"
}
"""
"""MediaPipe's pose detection graph (modules/pose_detection), without its merging of detections,
which would blend the positions of neighbours."""

_ROI_SCALE = 1.25  # side of the region over the diameter of the body's circle, as in MediaPipe
_SAME_TORSOS = 0.6  # shoulders nearer than this (torso lengths) are one person; chosen by hand


@dataclass(frozen=True, kw_only=True)
class Region:
    """A square around a person, in frame heights, turned so that the person stands upright.

    Parameters
    ----------
    x, y
        Its centre, which lies on the hips.
    size
        Length of its sides.
    angle
        Rotation (rad), clockwise.
    """

    x: float
    y: float
    size: float
    angle: float


@dataclass(frozen=True, kw_only=True)
class Detection:
    """A person that the detector sees: its score (0 to 1) and the region around the person."""

    score: float
    region: Region


class PersonDetector:
    """Find the people in an image; close it after use."""

    def __init__(self) -> None:
        self._graph = MediaPipeGraph(_DETECTOR, ("found",))

    def detect(self, image: Image) -> list[Detection]:
        """Return the people in an image (H, W, 3) RGB, the surest first.

        Of two people who stand close together, often only one is found.
        """
        from mediapipe.python import packet_getter

        packet = self._graph.run(image, 1).get("found")
        if packet is None:
            return []
        aspect = image.shape[1] / image.shape[0]
        found = sorted(packet_getter.get_proto_list(packet), key=lambda one: -one.score[0])
        kept: list[tuple[Detection, FloatArray, float]] = []
        for one in found:
            points = [(p.x * aspect, p.y) for p in one.location_data.relative_keypoints]
            hips, edge, shoulders = np.array(points[:3])
            torso = float(np.linalg.norm(hips - shoulders))
            if all(
                np.linalg.norm(shoulders - there) > _SAME_TORSOS * max(torso, length)
                for _, there, length in kept
            ):
                detection = Detection(score=float(one.score[0]), region=_region(hips, edge))
                kept.append((detection, shoulders, torso))
        return [detection for detection, _, _ in kept]

    def close(self) -> None:
        """Free the network."""
        self._graph.close()


def _region(hips: FloatArray, edge: FloatArray) -> Region:
    """Return the region of a body whose circle around the hips reaches a point on its edge."""
    across, down = edge - hips
    return Region(
        x=float(hips[0]),
        y=float(hips[1]),
        size=2 * _ROI_SCALE * float(np.hypot(across, down)),
        angle=float(np.pi / 2 - np.arctan2(-down, across)),
    )
