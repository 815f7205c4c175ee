"""A study of two systems and two clips of 2 s, and raters that answer by script."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from d2m.benchmark.listening.stimulus_sound import SIDES
from d2m.benchmark.listening.study import STUDY_FILE, Study, read_study
from tests.clips import click_track, clip_maker
from tests.conftest import ROOT

RATE = 44_100
SETTINGS = """
title = "Music for dances"
contact = "Ada Example"
consent = "You hear music, and rate it."
clips = "clips"
length_s = {length_s}
raters = 8
attention_checks = {checks}
most_raters = 60
[systems]
alpha = "alpha"
beta = "beta"
"""
COHERENCE_BLOCK = "[coherence]\n"
QUALITY_BLOCK = "[quality]\n"
PAIRS_BLOCK = """
[preference]
[preference.questions]
realism = "Which is more realistic?"
match = "Which matches better?"
"""


def write_settings(folder: Path, blocks: str, *, length_s: float = 2.0, checks: int = 2) -> Path:
    """Write ``study.toml`` with its clips and outputs, and return its path."""
    make = clip_maker(folder / "clips")
    for name in ("clips", "alpha", "beta"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    seconds = np.arange(round(2.5 * RATE)) / RATE
    for number, item in enumerate(("walk", "turn")):
        if not (folder / "clips" / f"{item}.mp4").exists():
            sound = click_track(np.arange(0, 2.5, 0.5), 2.5)
            make(f"{item}.mp4", times=np.arange(75) / 30, audio=sound)
        for system, gain in (("alpha", 0.05), ("beta", 0.5)):
            tone = gain * np.sin(2 * np.pi * (220 + 110 * number) * seconds)
            soundfile.write(folder / system / f"{item}.wav", tone, RATE)
    path = folder / "study.toml"
    path.write_text(SETTINGS.format(length_s=length_s, checks=checks) + blocks)
    return path


@contextlib.contextmanager
def served_study(folder: Path, port: int = 0) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """Serve a study in a process of its own; yield it, its address and the invitation."""
    command = [sys.executable, "-m", "d2m", "listen", "serve", str(folder), "--port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            link = process.stdout.readline().split()[-1]
            address, _, invitation = link.partition("/#join=")
            yield process, address, invitation
        finally:
            process.kill()


def shorten(folder: Path, *blocks: str, checks: int = 0) -> Study:
    """Leave blocks and attention checks out of a built study, and all but one round and item."""
    study = read_study(folder)
    kept = tuple(
        replace(block, items=block.items[:1], rounds=1)
        for block in study.blocks
        if block.name in blocks
    )
    short = replace(study, blocks=kept, attention_checks=checks)
    (folder / STUDY_FILE).write_text(short.to_json())
    return short


def correct_value(trial: Mapping[str, Any], sounds: Mapping[str, str]) -> int:
    """Return the value that passes a check; of ratings, one that depends on the trial only."""
    item = sounds[trial["media"][0]["url"].removeprefix("media/")]
    if item in SIDES:
        return SIDES.index(item)
    values = [option["value"] for option in trial["questions"][0]["options"]]
    return int(item) if item.isdigit() else values[trial["position"] % len(values)]


def reply_to(trial: Mapping[str, Any], sounds: Mapping[str, str]) -> dict[str, Any]:
    """Return the answer of a rater who plays everything to the end."""
    value = correct_value(trial, sounds)
    return {
        "position": trial["position"],
        "values": {question["key"]: value for question in trial["questions"]},
        "played_s": [medium["duration_s"] for medium in trial["media"]],
    }


def sounds_of(study: Study) -> dict[str, str]:
    """Return what is right, or the clip, by the names of the stimuli."""
    return {stimulus.id: stimulus.item for stimulus in study.stimuli}
