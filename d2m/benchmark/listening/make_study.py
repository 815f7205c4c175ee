"""Make a listening study: cut, bring to one loudness, mux, and name by chance."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from tqdm import tqdm

from d2m.audio.waveform import Audio
from d2m.benchmark.listening.stimulus_sound import (
    BEEP_COUNTS,
    SIDES,
    STIMULUS_RATE,
    SoundCuts,
    at_loudness,
    beep_sound,
    click_sound,
    side_sound,
)
from d2m.benchmark.listening.study import (
    ATTENTION,
    HEADPHONES,
    STIMULI_FOLDER,
    STUDY_FILE,
    Block,
    Stimulus,
    Study,
    check_stimuli,
    read_study,
)
from d2m.benchmark.listening.study_settings import StudySettings
from d2m.benchmark.listening.study_sources import (
    PICTURE_LIMITS,
    StimulusSource,
    check_sources,
    find_sources,
    hash_sources,
)
from d2m.checkpoints.safe_load import file_sha256
from d2m.core.errors import D2MError, DataError
from d2m.core.output_folder import usable_output
from d2m.media.atomic_write import atomic_write
from d2m.media.audio_file import write_wav

_PLAN_FILE = "making.json"  # names of files, and a hash of all settings and sources
_SCRATCH_FOLDER = "scratch"  # removed at the end
_SAME_TIME = (946_684_800, 946_684_800)  # of all files: their order in time would tell systems
_LONGEST_SIDE = 854  # pixels of videos; chosen by hand, enough to see a dance on a phone or laptop


def make_study(settings: StudySettings, folder: Path) -> Study:
    """Make a study, or finish one that was interrupted.

    Parameters
    ----------
    settings
        The study.
    folder
        Where it goes: ``study.json``, which is the key, and a folder of stimuli.

    Returns
    -------
    Study
        What ``study.json`` holds.

    Raises
    ------
    D2MError
        If a source is missing or can't be used, or the folder holds another study: nothing has
        been made then.
    """
    was_missing = not usable_output(folder).exists()
    items, sources = find_sources(settings)
    hashes = hash_sources(sources)
    fingerprint = _fingerprint(settings, sources, hashes)
    plan = _read_plan(folder, fingerprint)
    scratch = folder / _SCRATCH_FOLDER
    if plan is None:
        try:
            check_sources(sources, settings.length_s, SoundCuts(scratch, settings.length_s))
        except D2MError:
            shutil.rmtree(scratch, ignore_errors=True)
            if was_missing:
                with suppress(OSError):
                    folder.rmdir()
            raise
        count = len(sources) + len(SIDES) + len(BEEP_COUNTS)
        plan = {
            "fingerprint": fingerprint,
            "invitation": secrets.token_urlsafe(9),
            "names": [secrets.token_hex(16) for _ in range(count)],
        }
        _write_text(folder / _PLAN_FILE, json.dumps(plan, indent=1))
    elif (folder / STUDY_FILE).exists():
        made = read_study(folder)
        check_stimuli(made, folder)
        return made
    stimuli = _make_stimuli(settings, sources, hashes, folder / STIMULI_FOLDER, plan["names"])
    study = _study(settings, plan["invitation"], items, stimuli)
    _write_text(folder / STUDY_FILE, study.to_json())
    shutil.rmtree(scratch, ignore_errors=True)
    return study


def _study(
    settings: StudySettings, invitation: str, items: tuple[str, ...], stimuli: list[Stimulus]
) -> Study:
    """Return a study whose stimuli are made."""
    return Study(
        title=settings.title,
        consent=settings.consent,
        contact=settings.contact,
        invitation=invitation,
        seed=settings.seed,
        raters=settings.raters,
        most_raters=settings.most_raters,
        length_s=settings.length_s,
        loudness_lufs=settings.loudness_lufs,
        attention_checks=settings.attention_checks,
        blocks=tuple(
            Block(
                name=block.name,
                questions=block.questions,
                treatments=block.treatments,
                items=items,
                rounds=block.rounds or len(block.treatments),
            )
            for block in settings.blocks
        ),
        stimuli=tuple(stimuli),
    )


def _fingerprint(
    settings: StudySettings, sources: list[StimulusSource], hashes: dict[Path, str]
) -> str:
    """Return a hash of the settings and of all source files, wherever these lie."""
    chosen = asdict(replace(settings, clips=None, original=None, systems={}))
    used = [[hashes[path] for path in source.files] for source in sources]
    text = json.dumps([chosen, [*settings.systems], used], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _read_plan(folder: Path, fingerprint: str) -> dict[str, Any] | None:
    """Return the plan of a study that was begun, if it is this one."""
    try:
        plan = json.loads((folder / _PLAN_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        if folder.exists() and any(one.name != _SCRATCH_FOLDER for one in folder.iterdir()):
            raise DataError(f"{folder.name} holds other files: choose an empty folder.") from None
        return None
    except ValueError as error:
        raise DataError(f"{folder.name} is damaged: remove it, and make it again.") from error
    if not isinstance(plan, dict) or plan.get("fingerprint") != fingerprint:
        raise DataError(
            f"{folder.name} holds a study with other settings or files: choose another folder."
        )
    return plan


def _make_stimuli(
    settings: StudySettings,
    sources: list[StimulusSource],
    hashes: dict[Path, str],
    folder: Path,
    names: list[str],
) -> list[Stimulus]:
    """Make all files that are not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    stimuli = []
    checks = [(HEADPHONES, side, side_sound(side)) for side in SIDES]
    checks += [(ATTENTION, str(count), beep_sound(count)) for count in BEEP_COUNTS]
    maker = _Maker(settings, folder)
    for (kind, item, sound), name in zip(checks, names, strict=False):
        stimuli.append(maker.check(name, kind, item, sound))
    with tqdm(total=len(sources), desc="stimuli", unit="file", disable=None) as bar:
        for source, name in zip(sources, names[len(checks) :], strict=True):
            stimulus = maker.stimulus(name, source)
            known = {path.name: hashes[path] for path in source.files}
            stimuli.append(replace(stimulus, sources=known))
            bar.update()
    return stimuli


class _Maker:
    """Makes single files.

    Parameters
    ----------
    settings
        The study.
    folder
        Folder of the stimuli.
    """

    def __init__(self, settings: StudySettings, folder: Path) -> None:
        self._settings, self._folder = settings, folder
        # Pictures and sounds that several stimuli share.
        self._scratch = folder.parent / _SCRATCH_FOLDER
        self._cuts = SoundCuts(self._scratch, settings.length_s)
        self._pictures: dict[Path, Path] = {}

    def check(self, name: str, kind: str, item: str, sound: Audio) -> Stimulus:
        """Write the sound of a check."""
        path = self._folder / f"{name}.wav"
        if not path.exists():
            write_wav(path, sound, STIMULUS_RATE)
        return self._described(path, kind, item, "", sound.shape[1] / STIMULUS_RATE, None)

    def stimulus(self, name: str, source: StimulusSource) -> Stimulus:
        """Write a stimulus."""
        settings = self._settings
        path = self._folder / f"{name}.{'mp4' if source.picture else 'wav'}"
        if source.sound is None:
            sound = click_sound(settings.length_s)
        else:
            sound = self._cuts.read(source.sound, source.start_s)
        sound, loudness = at_loudness(sound, settings.loudness_lufs)
        if not path.exists():
            if source.picture is None:
                write_wav(path, sound, STIMULUS_RATE)
            else:
                self._mux(source.picture, sound, path)
        return self._described(
            path, source.block, source.item, source.system, settings.length_s, loudness
        )

    def _mux(self, picture: Path, sound: Audio, target: Path) -> None:
        from d2m.rendering.mux import mux

        mux(self._cut_picture(picture), sound, target, sample_rate=STIMULUS_RATE)

    def _cut_picture(self, picture: Path) -> Path:
        """Return the part of a video that is shown, as H.264."""
        from d2m.media.clip import normalise

        if picture not in self._pictures:
            target = self._scratch / f"{len(self._pictures)}.mp4"
            normalise(
                picture,
                target,
                limits=PICTURE_LIMITS,
                start_s=self._settings.start_s,
                length_s=self._settings.length_s,
                longest_side=_LONGEST_SIDE,
            )
            self._pictures[picture] = target
        return self._pictures[picture]

    def _described(
        self,
        path: Path,
        block: str,
        item: str,
        system: str,
        duration_s: float,
        loudness: float | None,
    ) -> Stimulus:
        os.utime(path, _SAME_TIME)
        return Stimulus(
            id=path.stem,
            block=block,
            item=item,
            system=system,
            file=path.name,
            duration_s=duration_s,
            loudness_lufs=None if loudness is None else round(loudness, 2),
            sha256=file_sha256(path),
            sources={},
        )


def _write_text(path: Path, text: str) -> None:
    with atomic_write(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
