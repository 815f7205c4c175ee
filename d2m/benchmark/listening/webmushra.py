"""Export a study for webMUSHRA (Schoeffler et al., 2018), which runs listening tests in a browser.

Its experiments are YAML files in its folder ``configs``; paths in them are relative to its root.
A ``mushra`` page rates all systems of a clip from 0 to 100 beside the original, which it also hides
among them. A ``paired_comparison`` page plays two sounds as A and B, and the first of them once
more as the reference; an answer counts as "correct" if it chose that one.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from d2m.benchmark.listening.stimulus_sound import STIMULUS_RATE, cut_sound
from d2m.benchmark.listening.study import (
    COHERENCE,
    ORIGINAL,
    PREFERENCE,
    QUALITY,
    STIMULI_FOLDER,
    Block,
    Stimulus,
    Study,
    read_study,
)
from d2m.core.errors import DataError
from d2m.core.progress import Progress, silent
from d2m.media.atomic_write import atomic_write
from d2m.media.audio_file import write_wav

MUSHRA_MOST_CONDITIONS = 12
"""Most conditions of a page, with the hidden reference and both anchors (ITU-R BS.1534-3)."""
MUSHRA_MOST_SECONDS = 12.0
"""Longest sound of a page (s, ITU-R BS.1534-3)."""
EXPORT_NAME = "d2m"
"""Name of the experiment's YAML file and of its folder of sounds."""
_ANCHORS = 2  # low-passed at 3.5 and 7 kHz, which webMUSHRA makes of the reference


def export_webmushra(folder: Path, out: Path, *, progress: Progress = silent) -> list[str]:
    """Write the sounds and the configuration of a study for webMUSHRA.

    Parameters
    ----------
    folder
        Folder of the study.
    out
        Folder for ``configs/d2m.yaml``, ``configs/resources/d2m/*.wav``, whose names do not tell
        the systems, and ``key.json``, which does, and must not be put on the server.
    progress
        Called with the share of the files that are written.

    Returns
    -------
    list of str
        What was written, and what could not be exported and why: a line each.

    Raises
    ------
    DataError
        If there is no study, nothing in it can be exported, or a file of it is missing.
    """
    study = read_study(folder)
    notes, pages, used = _pages(study)
    if not pages:
        raise DataError(
            "Nothing can be exported: webMUSHRA needs a block quality with the original music, or "
            f"a block preference. {' '.join(notes)}".strip()
        )
    names = _neutral_names(study, list(used.values()))
    for page in pages:
        _name_files(page, names)
    sounds = out / "configs" / "resources" / EXPORT_NAME
    for number, stimulus in enumerate(used.values()):
        progress("Writing sounds", number / len(used))
        _write_sound(folder / STIMULI_FOLDER / stimulus.file, stimulus, sounds / names[stimulus.id])
    progress("Writing sounds", 1.0)
    _write(out / "configs" / f"{EXPORT_NAME}.yaml", _yaml(_experiment(study, pages)))
    key = {
        names[one.id]: {"block": one.block, "item": one.item, "system": one.system}
        for one in used.values()
    }
    _write(out / "key.json", json.dumps(key, indent=1) + "\n")
    return [
        f"{len(pages)} pages with {len(used)} sounds in {out / 'configs'}: copy this folder into "
        f"that of webMUSHRA, and open its page with ?config={EXPORT_NAME}.yaml.",
        "key.json tells which file is which system: keep it from raters.",
        *notes,
    ]


def _pages(study: Study) -> tuple[list[str], list[dict[str, Any]], dict[str, Stimulus]]:
    """Return notes, pages with ids of stimuli in place of files, and the stimuli used, by id."""
    notes: list[str] = []
    pages: list[dict[str, Any]] = []
    stimuli = {(one.block, one.item, one.system): one for one in study.stimuli}
    for block in study.blocks:
        if block.name == COHERENCE:
            notes.append("Left out: the block coherence, because webMUSHRA shows no videos here.")
        elif block.name == QUALITY:
            reason = _unfit_reason(study, block)
            if reason:
                notes.append(f"Left out: the block quality, because {reason}.")
            else:
                pages += [_mushra_page(block, item, stimuli) for item in block.items]
        elif block.name == PREFERENCE:
            found = [
                _pair_page(block, item, pair, stimuli)
                for item in block.items
                for pair in block.treatments
            ]
            if any(one.is_video for one in study.stimuli if one.block == PREFERENCE):
                notes.append("The block preference has videos here; webMUSHRA plays their sound.")
            pages += found
    ids = {name for page in pages for name in (page["reference"], *page["stimuli"].values())}
    return notes, pages, {one.id: one for one in study.stimuli if one.id in ids}


def _unfit_reason(study: Study, block: Block) -> str:
    """Return why a block does not fit on MUSHRA pages; empty if it does."""
    systems = [treatment[0] for treatment in block.treatments]
    if ORIGINAL not in systems:
        return "it has no original music, the reference of MUSHRA"
    if len(systems) + _ANCHORS > MUSHRA_MOST_CONDITIONS:
        return f"it has more than {MUSHRA_MOST_CONDITIONS - _ANCHORS} systems with the original"
    if study.length_s > MUSHRA_MOST_SECONDS:
        return f"MUSHRA has sounds of at most {MUSHRA_MOST_SECONDS:g} s, but these last longer"
    return ""


def _mushra_page(
    block: Block, item: str, stimuli: Mapping[tuple[str, str, str], Stimulus]
) -> dict[str, Any]:
    systems = [treatment[0] for treatment in block.treatments if treatment[0] != ORIGINAL]
    return {
        "type": "mushra",
        "id": f"{block.name}_{block.items.index(item) + 1}",
        "name": f"Music {block.items.index(item) + 1}",
        "content": _content(block),
        "showWaveform": False,
        "enableLooping": True,
        "strict": False,
        "randomize": True,
        "showConditionNames": False,
        "createAnchor35": True,
        "createAnchor70": True,
        "reference": stimuli[block.name, item, ORIGINAL].id,
        "stimuli": {system: stimuli[block.name, item, system].id for system in systems},
    }


def _content(block: Block) -> str:
    """Return the questions of a block as HTML."""
    return escape(" ".join(question.text for question in block.questions))


def _pair_page(
    block: Block,
    item: str,
    pair: tuple[str, ...],
    stimuli: Mapping[tuple[str, str, str], Stimulus],
) -> dict[str, Any]:
    number = block.items.index(item) * len(block.treatments) + block.treatments.index(pair) + 1
    first, second = (stimuli[block.name, item, system].id for system in pair)
    return {
        "type": "paired_comparison",
        "id": f"{block.name}_{block.items.index(item) + 1}_{'_'.join(pair)}",
        "name": f"Pair {number}",
        "content": _content(block),
        "showWaveform": False,
        "enableLooping": False,
        "reference": first,
        "stimuli": {pair[1]: second},
    }


def _neutral_names(study: Study, used: list[Stimulus]) -> dict[str, str]:
    """Return names of files by the ids of stimuli, in an order that follows from the seed."""
    order = np.random.default_rng([study.seed, 1534]).permutation(len(used))
    width = len(str(len(used)))
    return {
        used[index].id: f"{number:0{width}d}.wav" for number, index in enumerate(order, start=1)
    }


def _name_files(page: dict[str, Any], names: Mapping[str, str]) -> None:
    """Replace the ids of stimuli in a page by paths of files."""
    folder = f"configs/resources/{EXPORT_NAME}"
    page["reference"] = f"{folder}/{names[page['reference']]}"
    page["stimuli"] = {key: f"{folder}/{names[one]}" for key, one in page["stimuli"].items()}


def _write_sound(source: Path, stimulus: Stimulus, target: Path) -> None:
    if not source.is_file():
        raise DataError(
            f"{stimulus.file} is missing in the folder of stimuli: make the study again."
        )
    if stimulus.is_video:
        sound = cut_sound(source, 0.0, stimulus.duration_s)
        write_wav(target, sound, STIMULUS_RATE)
        return
    with atomic_write(target) as part:
        shutil.copyfile(source, part)


def _experiment(study: Study, pages: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "testname": study.title,
        "testId": EXPORT_NAME,
        "bufferSize": 2048,
        "stopOnErrors": True,
        "showButtonPreviousPage": False,
        "remoteService": "service/write.php",
        "pages": [
            {
                "type": "generic",
                "id": "consent",
                "name": study.title,
                "content": escape(study.consent),
            },
            ["random", *pages],
            {
                "type": "finish",
                "name": "Thank you",
                "content": "Thank you. Please send your answers.",
                "showResults": False,
                "writeResults": True,
            },
        ],
    }


def _yaml(value: dict[str, Any]) -> str:
    import yaml

    return str(yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=1_000_000))


def _write(path: Path, text: str) -> None:
    with atomic_write(path) as part:
        part.write_text(text, encoding="utf-8")
