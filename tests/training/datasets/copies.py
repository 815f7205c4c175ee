"""Small made-up copies of AIST++ and of the TikTok data, in the layouts that people download."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import soundfile

from tests.clips import clip_maker

AIST_TRAIN = ("gBR_sBM_cAll_d04_mBR1_ch01", "gHO_sFM_cAll_d20_mHO3_ch14")
AIST_TEST = ("gBR_sBM_cAll_d05_mBR0_ch02",)
IGNORED = "gJB_sBM_cAll_d07_mJB2_ch06"
SECONDS = 4.05
"""Length of the recordings: two segments of two seconds and a little more."""


def smpl_poses(name: str, seconds: float = SECONDS) -> dict[str, np.ndarray]:
    """Return the contents of a motion file of AIST++ at 60 Hz."""
    rng = np.random.default_rng(len(name))
    frames = round(60 * seconds)
    return {
        "smpl_poses": rng.normal(0.0, 0.4, (frames, 72)).astype(np.float32),
        "smpl_trans": rng.normal(0.0, 30.0, (frames, 3)).astype(np.float32),
        "smpl_scaling": np.array([93.0], np.float32),
        "smpl_loss": np.float64(1.0),
    }


def write_aist(root: Path) -> Path:
    """Write a copy of AIST++ with three dances: annotations, videos and music."""
    annotations = root / "aist_plusplus_final"
    for folder in ("motions", "keypoints2d", "splits"):
        (annotations / folder).mkdir(parents=True)
    for name in (*AIST_TRAIN, *AIST_TEST):
        (annotations / "motions" / f"{name}.pkl").write_bytes(pickle.dumps(smpl_poses(name)))
        (annotations / "keypoints2d" / f"{name}.pkl").write_bytes(
            pickle.dumps({"keypoints2d": np.zeros((9, 10, 17, 3))})
        )
    splits = {"train": (*AIST_TRAIN, IGNORED), "val": (), "test": AIST_TEST}
    for split, names in splits.items():
        (annotations / "splits" / f"crossmodal_{split}.txt").write_text("\n".join(names))
    (annotations / "ignore_list.txt").write_text(f"{IGNORED}\n")
    videos, music = root / "videos", root / "music"
    videos.mkdir()
    music.mkdir()
    make = clip_maker(videos)
    for number, name in enumerate((*AIST_TRAIN, *AIST_TEST)):
        make(f"{name.replace('cAll', 'c01')}.mp4", times=np.arange(122) / 30)
        song = next(part for part in name.split("_") if part[0] == "m")
        soundfile.write(music / f"{song}.wav", tone(number, 48_000), 48_000)
    return root


def tone(number: int, rate: int, seconds: float = SECONDS) -> np.ndarray:
    """Return a tone of 200 Hz in the first segment and of 400 Hz after it, in stereo."""
    times = np.arange(round(seconds * rate)) / rate
    wave = np.sin(2 * np.pi * np.where(times < 2, 200, 400) * times)
    return np.tile(0.1 * (number + 1) * wave[:, None], (1, 2))


def write_tiktok_lists(root: Path, names: dict[str, tuple[str, ...]]) -> Path:
    """Write the published TikTok lists, with paths on another machine."""
    root.mkdir(exist_ok=True)
    for split, segments in names.items():
        for kind, ending in (("audio", "wav"), ("motion", "npy"), ("video", "npy")):
            lines = [f"/data/someone/tiktok/{kind}_s2/{one}.{ending}\n" for one in segments]
            (root / f"tiktok_{kind}_{split}_segment.txt").write_text("".join(lines))
    return root
