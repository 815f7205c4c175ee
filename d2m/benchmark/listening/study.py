"""A study that was built: its questions, its stimuli and which system each of them is.

``study.json`` in the folder of the study holds all of it. It is the key of the study: it is never
served, and must not be given to raters.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from d2m.checkpoints.safe_load import file_sha256
from d2m.core.errors import DataError

STUDY_FILE = "study.json"
"""Name of the file with the whole study in its folder."""
STIMULI_FOLDER = "stimuli"
"""Folder of the stimuli in the folder of a study."""
STUDY_VERSION = 1
"""Version of the format of ``study.json``."""
COHERENCE, QUALITY, PREFERENCE = "coherence", "quality", "preference"
"""Names of the blocks: video with sound, sound alone, and pairs."""
HEADPHONES, ATTENTION, PRACTICE = "headphones", "attention", "practice"
"""Kinds of trials that check the rater, and of the one that shows how rating works."""
ORIGINAL, SHIFTED, CLICK_ANCHOR = "original", "shifted", "clicks"
"""Names of the hidden anchors: the original sound (high anchor), the original sound shifted in time
(low anchor for coherence), and a click track."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """A question of a block: its key in the answers, and its text."""

    key: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Block:
    """A part of a study with one kind of trial.

    Parameters
    ----------
    name
        ``"coherence"``, ``"quality"`` or ``"preference"``.
    questions
        What is asked after each trial.
    treatments
        What is compared: systems as tuples of one name; for preference, pairs of systems.
    items
        Names of the clips or songs.
    rounds
        How many of the treatments each rater gets for each item.
    """

    name: str
    questions: tuple[Question, ...]
    treatments: tuple[tuple[str, ...], ...]
    items: tuple[str, ...]
    rounds: int


@dataclass(frozen=True, kw_only=True)
class Stimulus:
    """A file that raters play.

    Parameters
    ----------
    id
        Random name, which does not tell the system.
    block
        The block, or the kind of check.
    item
        The clip or song; for checks, what is right (such as ``"left"``).
    system
        The system or anchor; empty for checks.
    file
        Name in the folder of stimuli.
    duration_s
        Duration (s).
    loudness_lufs
        Integrated loudness before coding (LUFS, ITU-R BS.1770), None for checks.
    sha256
        Hash of the file.
    sources
        Names of the files that it was made of, with their SHA-256.
    """

    id: str
    block: str
    item: str
    system: str
    file: str
    duration_s: float
    loudness_lufs: float | None
    sha256: str
    sources: dict[str, str]

    @property
    def is_video(self) -> bool:
        """Whether it has a picture."""
        return self.file.endswith(".mp4")


@dataclass(frozen=True, kw_only=True, eq=False)
class Study:
    """A study that was built.

    Parameters
    ----------
    title, consent, contact
        Texts for raters.
    invitation
        Secret in the link with which raters join.
    seed
        Seed of the choice of clips and of all orders.
    raters, most_raters
        How many raters are planned, and how many can join.
    length_s
        Length of the stimuli (s).
    loudness_lufs
        Loudness that they were brought to (LUFS).
    attention_checks
        Number of attention checks in a session.
    blocks, stimuli
        The parts of a session, and all files.
    """

    title: str
    consent: str
    contact: str
    invitation: str
    seed: int
    raters: int
    most_raters: int
    length_s: float
    loudness_lufs: float
    attention_checks: int
    blocks: tuple[Block, ...]
    stimuli: tuple[Stimulus, ...]
    version: int = STUDY_VERSION

    @property
    def systems(self) -> tuple[str, ...]:
        """Names of all systems and anchors, in the order of the study."""
        treated = (name for block in self.blocks for pair in block.treatments for name in pair)
        return tuple(dict.fromkeys(treated))

    def block(self, name: str) -> Block | None:
        """Return the block of a name, if the study has it."""
        return next((block for block in self.blocks if block.name == name), None)

    def stimulus(self, block: str, item: str, system: str) -> Stimulus:
        """Return what is played in a block for an item and a system."""
        return self._by_place[block, item, system]

    @cached_property
    def _by_place(self) -> dict[tuple[str, str, str], Stimulus]:
        return {(one.block, one.item, one.system): one for one in self.stimuli}

    def to_json(self) -> str:
        """Return the text of ``study.json``."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"


def read_study(folder: Path) -> Study:
    """Read the study in a folder that ``listen make`` has built.

    Raises
    ------
    DataError
        If there is none, it is unfinished, or of another version.
    """
    path = folder / STUDY_FILE
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DataError(
            f"{folder.name} holds no finished study: make one with `listen make`."
        ) from error
    except (OSError, ValueError) as error:
        raise DataError(f"{path.name} can't be read: make the study again.") from error
    if not isinstance(data, dict) or data.get("version") != STUDY_VERSION:
        raise DataError(f"{path.name} is not of version {STUDY_VERSION}: make the study again.")
    try:
        blocks = tuple(_block(block) for block in data.pop("blocks"))
        stimuli = tuple(Stimulus(**one) for one in data.pop("stimuli"))
        return Study(blocks=blocks, stimuli=stimuli, **data)
    except (KeyError, TypeError) as error:
        raise DataError(f"{path.name} has unexpected contents: make the study again.") from error


def check_stimuli(study: Study, folder: Path) -> None:
    """Check that all stimuli in the folder of a study are as they were made.

    Raises
    ------
    DataError
        If one is lost or changed.
    """
    for stimulus in study.stimuli:
        path = folder / STIMULI_FOLDER / stimulus.file
        if not path.is_file() or file_sha256(path) != stimulus.sha256:
            raise DataError(
                f"The stimulus {path.name} is lost or changed: make the study again in another"
                " folder."
            )


def _block(data: dict[str, Any]) -> Block:
    return Block(
        name=data["name"],
        questions=tuple(Question(**question) for question in data["questions"]),
        treatments=tuple(tuple(treatment) for treatment in data["treatments"]),
        items=tuple(data["items"]),
        rounds=data["rounds"],
    )
