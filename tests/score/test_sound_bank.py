"""The sound bank is complete, small, tells its origins, and says what is wrong with it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from d2m.core.errors import DataError
from d2m.score import instruments as gm
from d2m.score.sound_bank import SOUNDS, SoundBank

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """Return a folder with the index and one sound file."""
    shutil.copy(SOUNDS / "index.json", tmp_path)
    shutil.copy(SOUNDS / "sub_bass.mono.flac", tmp_path)
    return tmp_path


def test_has_every_instrument() -> None:
    bank = SoundBank.from_folder()
    assert list(bank.instruments) == list(gm.INSTRUMENTS)
    for name, instrument in bank.instruments.items():
        info = gm.INSTRUMENTS[name]
        wanted = range(info.lowest, info.highest + 1)
        if name in gm.KITS:
            wanted = gm.KIT_DRUMS
        for pitch in wanted:
            for velocity in (1, 64, 79, 80, 84, 85, 100, 127):
                assert instrument.zones_for(pitch, velocity), (name, pitch, velocity)


def test_recordings_are_where_the_index_says() -> None:
    bank = SoundBank.from_folder()
    for instrument in bank.instruments.values():
        for zone in instrument.zones:
            audio = bank.audio(zone)
            assert len(audio) == zone.frames
            assert zone.loop is None or 0 < zone.loop[0] < zone.loop[1] <= zone.frames
            assert abs(audio).max() > 15_000, (instrument.name, zone.root)


def test_is_at_most_24_megabytes_and_has_no_stray_files() -> None:
    files = list(SOUNDS.iterdir())
    assert sum(file.stat().st_size for file in files) <= 24_000_000
    used = {zone.file for i in SoundBank.from_folder().instruments.values() for zone in i.zones}
    assert {file.name for file in files} == used | {"index.json"}


def test_notice_names_every_origin() -> None:
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    bank = SoundBank.from_folder()
    for name in gm.INSTRUMENTS:
        origins = bank.origins(name)
        assert origins, name
        assert name in notice
        for origin in origins:
            for part in (origin.title, origin.by, origin.licence, origin.source):
                assert part in notice, part
            assert origin.licence.startswith(("MIT", "CC0-1.0"))
            assert "amen" not in origin.title


def test_a_missing_index_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"sounds are missing.*index\.json"):
        SoundBank.from_folder(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": 9}', '{"format":1}'])
def test_a_damaged_index_is_one_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "index.json").write_text(text)
    with pytest.raises(DataError, match="damaged"):
        SoundBank.from_folder(tmp_path)


def test_an_index_with_unknown_fields_is_damaged(copied: Path) -> None:
    data = json.loads((copied / "index.json").read_text())
    data["instruments"]["sub_bass"]["zones"][0]["colour"] = "blue"
    (copied / "index.json").write_text(json.dumps(data))
    with pytest.raises(DataError, match="damaged"):
        SoundBank.from_folder(copied)


def test_missing_and_damaged_files_are_one_sentence(copied: Path) -> None:
    bank = SoundBank.from_folder(copied)
    missing = bank.instrument("grand_piano").zones[0]
    with pytest.raises(DataError, match=r"grand_piano\S* is missing"):
        bank.audio(missing)
    zone = bank.instrument("sub_bass").zones[-1]
    whole = (copied / zone.file).read_bytes()
    (copied / zone.file).write_bytes(b"not audio")
    with pytest.raises(DataError, match="damaged"):
        bank.audio(zone)
    (copied / zone.file).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"damaged|too short"):
        SoundBank.from_folder(copied).audio(zone)


def test_an_unknown_instrument_is_one_sentence() -> None:
    with pytest.raises(DataError, match="kazoo"):
        SoundBank.from_folder().instrument("kazoo")


def test_package_data_names_the_sounds() -> None:
    assert '"d2m.score" = ["sounds/*"]' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
