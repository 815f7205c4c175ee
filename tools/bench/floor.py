"""Time MediaPipe Pose alone: the floor under any analysis that looks at every frame.

It runs in a process of its own, so that its frames don't count as memory of a job.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from imageio_ffmpeg import get_ffmpeg_exe

from tools.bench.clips import ROOT, BenchClip

POSE_FPS = 30
"""Frames per second (Hz) that the network gets."""
MOST_FRAMES = 300
"""Frames that are timed (count): those of 10 s. A longer clip takes as much time per frame."""


def measure_floor(clip: BenchClip, path: Path) -> dict[str, float]:
    """Time MediaPipe Pose of complexity 1 on a clip's frames at 30 fps, already decoded.

    Parameters
    ----------
    clip
        The clip.
    path
        Its file.

    Returns
    -------
    dict
        ``seconds`` and ``cpu_s``, the wall-clock and CPU time (s) for all frames of the clip,
        ``frames``, how many were timed, and ``found``, the share of them with a person (0 to 1).
    """
    width, height = clip.pose_size
    frames = min(MOST_FRAMES, round(clip.seconds * POSE_FPS))
    facts = (str(path), str(width), str(height), str(frames))
    command = [sys.executable, "-m", "tools.bench.floor", *facts]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.decode(errors="replace"))
    timed: dict[str, float] = json.loads(done.stdout.decode().splitlines()[-1])
    longer = clip.seconds * POSE_FPS / timed["frames"]
    return timed | {name: timed[name] * longer for name in ("seconds", "cpu_s")}


def main() -> None:
    """Print the time for the first frames of a clip as JSON."""
    width, height, count = map(int, sys.argv[2:])
    sys.stdout.write(json.dumps(_time_pose(_frames(sys.argv[1], width, height, count))))


def _frames(path: str, width: int, height: int, count: int) -> Any:
    """Return the first frames of a clip (F, H, W, 3) RGB, upright, at 30 fps."""
    import numpy as np

    command = [
        *(get_ffmpeg_exe(), "-nostdin", "-v", "error", "-i", path),
        *("-vf", f"fps={POSE_FPS},scale={width}:{height}", "-frames:v", str(count)),
        *("-f", "rawvideo", "-pix_fmt", "rgb24", "-"),
    ]
    raw = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    return np.frombuffer(raw, np.uint8).reshape(-1, height, width, 3)


def _time_pose(frames: Any) -> dict[str, float]:
    """Time the network, after it has seen the first frame, which makes it load everything."""
    from mediapipe.python.solutions.pose import Pose

    found = 0
    with Pose(model_complexity=1) as network:
        network.process(frames[0])
        start, start_cpu = time.perf_counter(), time.process_time()
        for frame in frames:
            found += network.process(frame).pose_landmarks is not None
        seconds, cpu_s = time.perf_counter() - start, time.process_time() - start_cpu
    return {
        "seconds": seconds,
        "cpu_s": cpu_s,
        "frames": len(frames),
        "found": found / len(frames),
    }


if __name__ == "__main__":
    main()
