"""The settings of a listening study, read from ``study.toml``."""

from __future__ import annotations

import itertools
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from d2m.benchmark.listening.study import (
    CLICK_ANCHOR,
    COHERENCE,
    ORIGINAL,
    PREFERENCE,
    QUALITY,
    SHIFTED,
    Question,
)
from d2m.core.errors import DataError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

STUDY_LUFS = -23.0
"""Loudness of the stimuli by default (LUFS): that of EBU R 128. It is low enough that no music
needs its peaks limited to reach it."""
DEFAULT_QUESTIONS = {
    COHERENCE: "How well does the music go with the dance?",
    QUALITY: "How good is the quality of the music?",
}
"""What is asked in the blocks with ratings, unless the study says something else."""
_TEXTS = ("title", "consent", "contact")
_KEYS = (
    *_TEXTS,
    *("clips", "number_of_clips", "start_s", "length_s", "loudness_lufs", "seed", "raters"),
    *("most_raters", "attention_checks", "systems", "anchors", COHERENCE, QUALITY, PREFERENCE),
)
_NAME = re.compile(r"[\w.+-]{1,40}")


@dataclass(frozen=True, kw_only=True)
class BlockSettings:
    """The settings of a block.

    Parameters
    ----------
    name
        Name of the block.
    questions
        What is asked after each trial.
    treatments
        Systems, or pairs of systems.
    rounds
        How many treatments each rater gets for each item; None: all.
    """

    name: str
    questions: tuple[Question, ...]
    treatments: tuple[tuple[str, ...], ...]
    rounds: int | None


@dataclass(frozen=True, kw_only=True)
class StudySettings:
    """What ``study.toml`` says.

    Parameters
    ----------
    title, consent, contact
        Texts for raters.
    clips
        Folder of the videos to which the sound of the systems belongs; None if the systems'
        files are videos themselves.
    number_of_clips
        How many are drawn; None: all.
    start_s, length_s
        Part of the clips and of the outputs that is used (s).
    loudness_lufs
        Loudness of all stimuli (LUFS).
    seed
        Seed of the choice of clips and of all orders.
    raters, most_raters
        How many raters are planned, and how many can join.
    attention_checks
        Number of attention checks in a session.
    systems
        Folders of outputs by the names of the systems.
    original
        Folder of the original sound; None: that of the clips.
    shift_s
        By how much the shifted original is early (s).
    blocks
        The parts of a session.
    """

    title: str
    consent: str
    contact: str
    clips: Path | None
    number_of_clips: int | None
    start_s: float
    length_s: float
    loudness_lufs: float
    seed: int
    raters: int
    most_raters: int
    attention_checks: int
    systems: dict[str, Path]
    original: Path | None
    shift_s: float
    blocks: tuple[BlockSettings, ...]

    @property
    def treated(self) -> tuple[str, ...]:
        """Names of the systems and anchors that occur in a block."""
        names = (name for block in self.blocks for pair in block.treatments for name in pair)
        return tuple(dict.fromkeys(names))


def read_study_settings(path: Path) -> StudySettings:
    """Read ``study.toml``; folders in it are relative to its own folder.

    Raises
    ------
    DataError
        If it is no TOML, or a setting is missing, unknown or out of range.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DataError(
            f"There is no file {path.name}: print one with `listen make --template paper`."
        ) from error
    except (OSError, ValueError) as error:
        raise DataError(f"{path.name} can't be read as TOML: {error}.") from error
    _check_keys("study.toml", data, _KEYS)
    for name in _TEXTS:
        if not isinstance(data.get(name), str) or not data[name].strip():
            raise DataError(f"study.toml needs a text for {name}.")
    folder = path.parent
    systems = {name: folder / place for name, place in _table(data, "systems").items()}
    anchors = _table(data, "anchors")
    _check_keys("[anchors]", anchors, (ORIGINAL, "shifted_s", CLICK_ANCHOR))
    _check_names(systems)
    raters = _number(data, "raters", 26, 1, 10_000)
    original = anchors.get(ORIGINAL, False)
    return StudySettings(
        **{name: data[name].strip() for name in _TEXTS},
        clips=folder / data["clips"] if "clips" in data else None,
        number_of_clips=_number(data, "number_of_clips", None, 1, 1000),
        start_s=_decimal(data, "start_s", 0.0, 0.0, 3600.0),
        length_s=_decimal(data, "length_s", 10.0, 1.0, 60.0),
        loudness_lufs=_decimal(data, "loudness_lufs", STUDY_LUFS, -40.0, -10.0),
        seed=_number(data, "seed", 0, 0, 2**31),
        raters=raters,
        most_raters=_number(data, "most_raters", 2 * raters, raters, 100_000),
        attention_checks=_number(data, "attention_checks", 2, 0, 4),
        systems=systems,
        original=folder / original if isinstance(original, str) else None,
        shift_s=_decimal(anchors, "shifted_s", 0.4, 0.05, 5.0),
        blocks=_blocks(data, [*systems], anchors),
    )


def _blocks(
    data: dict[str, Any], systems: list[str], anchors: dict[str, Any]
) -> tuple[BlockSettings, ...]:
    """Return the blocks; the anchors are hidden among the systems of those with ratings."""
    used = [name for name in (ORIGINAL, CLICK_ANCHOR) if anchors.get(name)]
    blocks = []
    for name in (COHERENCE, QUALITY):
        if name in data:
            table = _table(data, name)
            _check_keys(f"[{name}]", table, ("question", "rounds"))
            # A shift in time changes nothing where the sound is heard alone.
            late = [SHIFTED] if name == COHERENCE and "shifted_s" in anchors else []
            treatments = tuple((system,) for system in (*systems, *used, *late))
            question = Question(
                key="rating", text=str(table.get("question", DEFAULT_QUESTIONS[name]))
            )
            rounds = _number(table, "rounds", None, 1, len(treatments))
            blocks.append(
                BlockSettings(
                    name=name, questions=(question,), treatments=treatments, rounds=rounds
                )
            )
    if PREFERENCE in data:
        blocks.append(_preference(_table(data, PREFERENCE), systems, used))
    if not blocks:
        raise DataError(
            f"study.toml has no block: add [{COHERENCE}], [{QUALITY}] or [{PREFERENCE}]."
        )
    return tuple(blocks)


def _preference(table: dict[str, Any], systems: list[str], anchors: list[str]) -> BlockSettings:
    """Return the block of pairs."""
    _check_keys(f"[{PREFERENCE}]", table, ("pairs", "questions", "rounds"))
    pairs = table.get("pairs", [*itertools.combinations([*systems, *anchors], 2)])
    known = {*systems, ORIGINAL, CLICK_ANCHOR, SHIFTED}
    for pair in pairs:
        if len(pair) != 2 or pair[0] == pair[1] or not {*pair} <= known:
            raise DataError(f"[{PREFERENCE}] has a pair {list(pair)}: give two different systems.")
    questions = _table(table, "questions")
    if not pairs or not questions:
        raise DataError(f"[{PREFERENCE}] needs at least two systems and one question.")
    _check_names(questions)
    return BlockSettings(
        name=PREFERENCE,
        questions=tuple(Question(key=key, text=str(text)) for key, text in questions.items()),
        treatments=tuple(tuple(pair) for pair in pairs),
        rounds=_number(table, "rounds", None, 1, len(pairs)),
    )


def _check_keys(where: str, data: Iterable[str], known: Iterable[str]) -> None:
    unknown = [key for key in data if key not in known]
    if unknown:
        raise DataError(f"{where} has an unknown key {unknown[0]}: known are {', '.join(known)}.")


def _check_names(names: Iterable[str]) -> None:
    for name in names:
        if not _NAME.fullmatch(name) or name in (ORIGINAL, SHIFTED, CLICK_ANCHOR):
            raise DataError(
                f"study.toml has a name {name!r}: use up to 40 letters, digits and -+._, and none"
                f" of {ORIGINAL}, {SHIFTED}, {CLICK_ANCHOR}."
            )


def _table(data: dict[str, Any], key: str) -> dict[str, Any]:
    value = data.get(key, {})
    if not isinstance(value, dict):
        raise DataError(f"study.toml needs a table [{key}].")
    return value


def _number(data: dict[str, Any], key: str, default: Any, least: int, most: int) -> Any:
    """Return a whole number in a range, or the default."""
    value = data.get(key, default)
    if key in data and (type(value) is not int or not least <= value <= most):
        raise DataError(f"study.toml has {key} = {value!r}: give {least} to {most}.")
    return value


def _decimal(data: dict[str, Any], key: str, default: float, least: float, most: float) -> float:
    """Return a number in a range, or the default."""
    value = data.get(key, default)
    if type(value) not in (int, float) or not least <= value <= most:
        raise DataError(f"study.toml has {key} = {value!r}: give {least:g} to {most:g}.")
    return float(value)
