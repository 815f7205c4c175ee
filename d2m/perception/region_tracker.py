"""Read the pose of the person in a region of an image with MediaPipe's landmark network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from d2m.perception.landmark_model import landmark_model
from d2m.perception.mediapipe_graph import Image, MediaPipeGraph
from d2m.perception.person_detector import Region
from d2m.perception.pose import FloatArray

_LANDMARKS = """
input_stream: "image"
input_stream: "region"
input_side_packet: "model"
output_stream: "landmarks"
output_stream: "world"
output_stream: "next"
node {
  calculator: "ConstantSidePacketCalculator"
  output_side_packet: "PACKET:0:smooth"
  output_side_packet: "PACKET:1:segment"
  options { [mediapipe.ConstantSidePacketCalculatorOptions.ext] {
    packet { bool_value: SMOOTH } packet { bool_value: false }
  } }
}
node {
  calculator: "ImagePropertiesCalculator"
  input_stream: "IMAGE:image"
  output_stream: "SIZE:size"
}
node {
  calculator: "ImageToTensorCalculator"
  input_stream: "IMAGE:image"
  input_stream: "NORM_RECT:region"
  output_stream: "TENSORS:input"
  output_stream: "LETTERBOX_PADDING:padding"
  output_stream: "MATRIX:matrix"
  options { [mediapipe.ImageToTensorCalculatorOptions.ext] {
    output_tensor_width: 256 output_tensor_height: 256 keep_aspect_ratio: true
    output_tensor_float_range { min: 0.0 max: 1.0 }
  } }
}
node {
  calculator: "TfLiteModelCalculator"
  input_side_packet: "MODEL_BLOB:model"
  output_side_packet: "MODEL:network"
}
node {
  calculator: "InferenceCalculator"
  input_side_packet: "MODEL:network"
  input_stream: "TENSORS:input"
  output_stream: "TENSORS:output"
  options { [mediapipe.InferenceCalculatorOptions.ext] {
    delegate { xnnpack { num_threads: 1 } }
  } }
}
node {
  calculator: "TensorsToPoseLandmarksAndSegmentation"
  input_side_packet: "ENABLE_SEGMENTATION:segment"
  input_stream: "TENSORS:output"
  output_stream: "LANDMARKS:inside"
  output_stream: "AUXILIARY_LANDMARKS:inside_auxiliary"
  output_stream: "WORLD_LANDMARKS:inside_world"
  output_stream: "SEGMENTATION_MASK:inside_mask"
}
node {
  calculator: "PoseLandmarksAndSegmentationInverseProjection"
  input_stream: "IMAGE_SIZE:size"
  input_stream: "NORM_RECT:region"
  input_stream: "LETTERBOX_PADDING:padding"
  input_stream: "MATRIX:matrix"
  input_stream: "LANDMARKS:inside"
  input_stream: "AUXILIARY_LANDMARKS:inside_auxiliary"
  input_stream: "WORLD_LANDMARKS:inside_world"
  input_stream: "SEGMENTATION_MASK:inside_mask"
  output_stream: "LANDMARKS:raw"
  output_stream: "AUXILIARY_LANDMARKS:auxiliary"
  output_stream: "WORLD_LANDMARKS:raw_world"
  output_stream: "SEGMENTATION_MASK:mask"
}
node {
  calculator: "PoseLandmarksToRoi"
  input_stream: "LANDMARKS:auxiliary"
  input_stream: "IMAGE_SIZE:size"
  output_stream: "ROI:next"
}
node {
  calculator: "PoseLandmarkFiltering"
  input_side_packet: "ENABLE:smooth"
  input_stream: "IMAGE_SIZE:size"
  input_stream: "NORM_LANDMARKS:raw"
  input_stream: "AUX_NORM_LANDMARKS:auxiliary"
  input_stream: "WORLD_LANDMARKS:raw_world"
  output_stream: "FILTERED_NORM_LANDMARKS:landmarks"
  output_stream: "FILTERED_WORLD_LANDMARKS:world"
  output_stream: "FILTERED_AUX_NORM_LANDMARKS:unused"
}
"""
"""The part of MediaPipe's pose graph (modules/pose_landmark) that follows a detection, with a
network that draws no mask."""


@dataclass(frozen=True, kw_only=True, eq=False)
class RegionPose:
    """The pose of the person in a region.

    Parameters
    ----------
    values : (33, 7)
        For each landmark x, y, z and world x, y, z, in the units of
        `d2m.perception.pose.PoseTrack`, and visibility.
    following
        Region in which to search the person in the next frame.
    """

    values: FloatArray
    following: Region


class RegionTracker:
    """Read the pose of the person in a region; close it after use.

    Parameters
    ----------
    fps
        Rate (Hz) of the images of one person, which are smoothed; 0 for single images.
    """

    def __init__(self, fps: float = 0.0) -> None:
        text = _LANDMARKS.replace("SMOOTH", "true" if fps else "false")
        self._graph = MediaPipeGraph(text, ("landmarks", "world", "next"), model=landmark_model())
        self._dt_us = round(1e6 / fps) if fps else 1

    def read(self, image: Image, region: Region) -> RegionPose | None:
        """Return the pose in a region of an image (H, W, 3) RGB; None if nobody is there."""
        from mediapipe.framework.formats import rect_pb2
        from mediapipe.python import packet_creator, packet_getter

        aspect = image.shape[1] / image.shape[0]
        rect = rect_pb2.NormalizedRect(
            x_center=region.x / aspect,
            y_center=region.y,
            width=region.size / aspect,
            height=region.size,
            rotation=region.angle,
        )
        packets = self._graph.run(image, self._dt_us, region=packet_creator.create_proto(rect))
        if not {"landmarks", "world", "next"} <= packets.keys():
            return None
        landmarks, world, following = (
            packet_getter.get_proto(packets[name]) for name in ("landmarks", "world", "next")
        )
        values = [
            (p.x * aspect, p.y, p.z, w.x, w.y, w.z, p.visibility)
            for p, w in zip(landmarks.landmark, world.landmark, strict=True)
        ]
        found = Region(
            x=following.x_center * aspect,
            y=following.y_center,
            size=following.height,
            angle=following.rotation,
        )
        return RegionPose(values=np.array(values), following=found)

    def settle(self, image: Image, region: Region, times: int = 2) -> RegionPose | None:
        """Return the pose near a rough region, which is moved onto the person first."""
        pose = self.read(image, region)
        for _ in range(times - 1):
            if pose is None:
                return None
            pose = self.read(image, pose.following)
        return pose

    def close(self) -> None:
        """Free the network."""
        self._graph.close()
