"""Small data sets in the published folder layout, with up to three segments per split."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile

from d2m.core.levels import SAMPLE_RATE

AIST = ("gLO_sBM_c01_d15_mLO2_ch02_seg1", "gBR_sBM_c01_d04_mBR0_ch02_seg4", "gJB_x_seg2")
TIKTOK = ("000007_7_188_seg3", "000007_7_188_seg5", "000011_76_322_seg10")
SHAPES = {"aist": (120, 219), "tiktok": (60, 75)}
ROOTS = {"aist": "aistplus/{}_s2/{}", "tiktok": "tiktok/{}_s2"}
ENDINGS = {"audio": "wav", "motion": "npy", "video": "npy"}


def names_of(dataset, split="test"):
    names = AIST if dataset == "aist" else TIKTOK
    return names if split == "test" else tuple(f"{name}0" for name in names)


def path(dataset: str, kind: str, name: str, split: str = "test") -> str:
    return f"{ROOTS[dataset].format(kind, split)}/{name}.{ENDINGS[kind]}"


def write_list(
    folder: Path, dataset: str, kind: str, names, start: str = "./", split: str = "test"
) -> None:
    lines = [f"{start}{path(dataset, kind, name, split)}\n" for name in names]
    (folder / f"{dataset}_{kind}_{split}_segment.txt").write_text("".join(lines))


def write_dataset(
    folder: Path, dataset: str, split: str = "test", seconds: int = 2, count: int = 3
) -> Path:
    rng = np.random.default_rng(3)
    names = names_of(dataset, split)[:count]
    for kind in ENDINGS:
        (folder / ROOTS[dataset].format(kind, split)).mkdir(parents=True, exist_ok=True)
        write_list(folder, dataset, kind, names, split=split)
    frames, values = SHAPES[dataset]
    for i, name in enumerate(names):
        sound = (0.1 * (i + 1) * rng.uniform(-1, 1, seconds * SAMPLE_RATE)).astype(np.float32)
        soundfile.write(folder / path(dataset, "audio", name, split), sound, SAMPLE_RATE)
        motion = rng.standard_normal((frames * seconds // 2, values))
        np.save(folder / path(dataset, "motion", name, split), motion)
        visual = rng.standard_normal((1, 2048)).astype(np.float32)
        np.save(folder / path(dataset, "video", name, split), visual)
    if dataset == "aist":
        np.save(folder / f"{split}_genre.npy", np.eye(10)[[2, 0, 9][:count]])
    return folder
