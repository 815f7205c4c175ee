"""`d2m doctor` finds out what is installed, and says what to do about what is not."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest

from d2m.jobs import doctor
from d2m.jobs.doctor import examine
from tests.conftest import CommandLine


def test_this_installation_is_well(d2m: CommandLine) -> None:
    done = d2m("doctor", "--json")
    findings = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, done.stdout
    assert all(one["event"] == "finding" and one["is_ok"] for one in findings)
    parts = {one["part"]: one["text"] for one in findings}
    assert {"Python", "torch", "cv2", "weights compact", "codecs", "GPU", "machine"} <= {*parts}
    assert "libx264" in parts["codecs"]
    assert parts["mediapipe"].startswith("mediapipe 0.")


def test_what_is_wrong_is_told_with_what_to_do(
    d2m: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "PACKAGES", ("numpy", "no_such_module"))
    monkeypatch.setattr(doctor, "ENCODERS", ("libx264", "no_such_codec"))
    (tmp_path / "file").touch()
    with monkeypatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(tmp_path / "file"))
        done = d2m("doctor", "--checkpoints", tmp_path)
    assert done.returncode == 1
    wrong = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("WRONG")]
    assert wrong == ["no_such_module", "weights", "codecs", "temporary"]
    assert done.stdout.count("To do: ") == 4
    assert "missing: encoder no_such_codec" in done.stdout
    assert "set TMPDIR to another folder." in done.stdout


def test_a_missing_system_library_of_opencv_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    broken = "raise ImportError('libGL.so.1: cannot open shared object file: No such file')"
    (tmp_path / "cv2.py").write_text(broken)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "cv2", raising=False)
    monkeypatch.setattr(doctor, "PACKAGES", ("cv2",))
    (finding,) = (one for one in examine() if one.part == "cv2")
    assert "libGL.so.1" in finding.text
    assert "opencv-contrib-python-headless==4." in finding.advice
