"""Write the music of the project's own systems and baselines for clips, one WAV file for each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import cast
from zlib import crc32

from tqdm import tqdm

from d2m.benchmark.codec_copies import codec_copy
from d2m.benchmark.comparison.clip_processes import MOST_PROCESSES, run_for_clips
from d2m.benchmark.comparison.dance_files import (
    DANCE_FILE_ENDING,
    find_dances,
    read_dance,
    read_dance_file,
)
from d2m.benchmark.comparison.music_files import read_music_file
from d2m.benchmark.comparison.pairing import PairedFile, pair_files
from d2m.checkpoints import CHECKPOINTS
from d2m.checkpoints.resolve import InstalledWeights, resolve_weights
from d2m.core.errors import D2MError, SettingsError
from d2m.core.levels import BASELINES, HOP_LEVELS, LEVELS, SAMPLE_RATE, HopLevel
from d2m.core.settings import Settings
from d2m.generation.baselines.cmt import CMTModel
from d2m.generation.compact import CompactModel
from d2m.generation.generate import generate_soundtrack
from d2m.generation.model_cache import ModelCache
from d2m.generation.soundtrack import MusicModel
from d2m.media.audio_file import write_wav
from d2m.media.clip_limits import ClipLimits
from d2m.media.probe_sandbox import probe_in_sandbox
from d2m.perception.conditioning import Conditioning
from d2m.pipeline import DanceToMusic
from d2m.score.sound_bank import SoundBank

CODEC_COPIES = {f"codec-{name}": level for name, level in HOP_LEVELS.items()}
"""Levels whose codec copies the reference, by the name of the copy: the best that a network
which predicts its codes can sound."""
CMT_RETRIEVAL = "cmt-retrieval"
"""Name of the form of CMT that takes bars from a library instead of writing them."""
SYSTEM_NAMES = (*LEVELS, *BASELINES, CMT_RETRIEVAL, *CODEC_COPIES)
"""Names of the systems whose music can be written."""
SAME_LENGTH_S = 0.25
"""Largest difference (s) of a file from its clip at which it is kept. Chosen by hand."""


@dataclass(frozen=True, kw_only=True)
class SystemsConfig:
    """What to write.

    Parameters
    ----------
    clips
        Folder of clips and dance files.
    systems
        Some of `SYSTEM_NAMES`.
    out
        Folder; each system gets a folder of its name in it.
    reference
        Folder of the clips' own music, for codec copies.
    weights
        Folder of the weights.
    cache
        Folder for the analyses of clips; a temporary one by default.
    seed
        Added to the seed that each clip gets from its name.
    processes
        Number of processes, 1 or 2.
    """

    clips: Path
    systems: tuple[str, ...]
    out: Path
    reference: Path | None = None
    weights: Path = CHECKPOINTS
    cache: Path | None = None
    seed: int = 0
    processes: int = MOST_PROCESSES


@dataclass(frozen=True, kw_only=True)
class SystemTask:
    """The music to write for one clip.

    Parameters
    ----------
    config
        What to write.
    path
        The clip or dance file.
    reference
        Its own music, for codec copies.
    """

    config: SystemsConfig
    path: Path
    reference: PairedFile


def systems_named(choice: str) -> tuple[str, ...]:
    """Return systems by their names with commas between them, or all but copies for ``"all"``.

    Raises
    ------
    SettingsError
        If a name is unknown or none is given.
    """
    names = [one.strip() for one in choice.split(",")]
    if names == ["all"]:
        return tuple(name for name in SYSTEM_NAMES if name not in CODEC_COPIES)
    for name in names:
        if name not in SYSTEM_NAMES:
            raise SettingsError(f"Unknown system {name!r}: choose {', '.join(SYSTEM_NAMES)}.")
    return tuple(dict.fromkeys(names))


def write_systems(config: SystemsConfig) -> dict[str, str]:
    """Write ``SYSTEM/CLIP.wav`` for all clips; files that fit their clips are kept.

    No system hears the clip or is told its beats, except codec copies, which copy the reference.

    Returns
    -------
    dict
        Why a file could not be written, by ``SYSTEM/CLIP``.

    Raises
    ------
    DataError, SettingsError
        If the folders can't be read, or a codec copy is asked for without a reference.
    """
    if config.reference is None and set(config.systems) & set(CODEC_COPIES):
        raise SettingsError("A codec copy copies the reference: give --reference.")
    paths = find_dances(config.clips)
    references = pair_files(paths, config.reference) if config.reference else {}
    tasks = [
        SystemTask(config=config, path=path, reference=references.get(name, PairedFile()))
        for name, path in paths.items()
    ]
    problems: dict[str, str] = {}
    with tqdm(total=len(tasks), desc="systems", unit="clip") as bar:
        for found in run_for_clips(write_clip_music, tasks, config.processes):
            problems |= found
            bar.update()
    return problems


def write_clip_music(task: SystemTask) -> dict[str, str]:
    """Write the music of all systems for one clip; return why a file could not be written."""
    name = task.path.stem
    try:
        missing = _missing(task)
        if not missing:
            return {}
        dance = read_dance(task.path, _pipeline(task.config.cache))
    except D2MError as error:
        return {f"{system}/{name}": str(error) for system in task.config.systems}
    problems = {system: _written(task, system, dance) for system in missing}
    return {f"{system}/{name}": problem for system, problem in problems.items() if problem}


def clip_seed(name: str, seed: int) -> int:
    """Return the seed of the music for a clip: each clip gets another song."""
    return seed + crc32(name.encode()) % 2**31


def _missing(task: SystemTask) -> list[str]:
    """Return the systems without a file that is as long as the clip."""
    wanted_s = _duration_s(task.path)
    missing = []
    for system in task.config.systems:
        target = _target(task, system)
        if not target.exists() or abs(_wav_duration_s(target) - wanted_s) > SAME_LENGTH_S:
            missing.append(system)
    return missing


def _duration_s(path: Path) -> float:
    if path.suffix.lower() == DANCE_FILE_ENDING:
        return read_dance_file(path).duration_s
    return probe_in_sandbox(path, ClipLimits()).info.duration_s


def _wav_duration_s(path: Path) -> float:
    """Return the length of a WAV file (s); 0 if it can't be read."""
    import soundfile

    try:
        return float(soundfile.info(path).duration)
    except soundfile.LibsndfileError:
        return 0.0


def _target(task: SystemTask, system: str) -> Path:
    return task.config.out / system / f"{task.path.stem}.wav"


def _written(task: SystemTask, system: str, dance: Conditioning) -> str:
    """Write the music of one system for a clip; return why that was not possible."""
    try:
        _write(task, system, dance)
    except D2MError as error:
        return str(error)
    return ""


def _write(task: SystemTask, system: str, dance: Conditioning) -> None:
    config, target = task.config, _target(task, system)
    if system in CODEC_COPIES:
        if task.reference.path is None:
            raise SettingsError(task.reference.problem)
        original = read_music_file(task.reference.path, dance.duration_s).scored
        copy = codec_copy(_codec(CODEC_COPIES[system], config.weights), original)
        write_wav(target, copy, SAMPLE_RATE)
        return
    settings = Settings(seed=clip_seed(task.path.stem, config.seed), beats="dance")
    made = generate_soundtrack(_model(system, config.weights, settings), dance, settings)
    write_wav(target, made.audio, made.sample_rate)


def _model(system: str, weights: Path, settings: Settings) -> MusicModel[Conditioning]:
    if system == CMT_RETRIEVAL:
        return _cmt_retrieval(weights)
    level = (LEVELS | BASELINES)[system]
    found = _models().get(_weights(level.name, weights), level, settings)
    return cast(MusicModel[Conditioning], found)  # none of these reads the clip itself


@cache
def _cmt_retrieval(weights: Path) -> CMTModel:
    return CMTModel.from_pretrained(bank=SoundBank.from_folder(), folder=weights, retrieval=True)


@cache
def _models() -> ModelCache:
    return ModelCache()


@cache
def _pipeline(folder: Path | None) -> DanceToMusic:
    return DanceToMusic(cache=folder)


@cache
def _codec(level: HopLevel, folder: Path) -> CompactModel:
    return CompactModel.from_pretrained(level, folder=folder)


@cache
def _weights(name: str, folder: Path) -> InstalledWeights:
    levels = (HOP_LEVELS[name],) if name in HOP_LEVELS else ()
    return resolve_weights(Settings().weights, levels, folder)
