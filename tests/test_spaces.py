"""The app as a host starts it: only its requirements are installed, and there is no network."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import ROOT, serving

GUARD = """
import socket, sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {refused!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Refuse())
connect = socket.socket.connect

def local_only(self, address):
    if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "localhost", "::1"):
        with open({log!r}, "a") as log:
            log.write(f"{{address}}\\n")
        raise OSError("no network")
    return connect(self, address)

socket.socket.connect = local_only
"""


def required() -> set[str]:
    """Return the distributions that requirements.txt installs, with their dependencies."""
    from packaging.requirements import Requirement

    lines = (ROOT / "requirements.txt").read_text().splitlines()
    wanted = [Requirement(line) for line in lines if line and not line.startswith("#")]
    found: set[str] = set()
    while wanted:
        requirement = wanted.pop()
        name = re.sub(r"[-_.]+", "-", requirement.name).lower()
        if requirement.marker and not any(
            requirement.marker.evaluate({"extra": extra}) for extra in ("", *requirement.extras)
        ):
            continue
        if name in found:
            continue
        found.add(name)
        for line in metadata.requires(name) or []:
            needed = Requirement(line)
            if not needed.marker or needed.marker.evaluate({"extra": ""}):
                wanted.append(needed)
    return found


def test_it_starts_and_generates_with_its_requirements_only(
    tmp_path: Path, short_clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import soundfile
    from gradio_client import Client, handle_file

    allowed = required()
    assert {"gradio", "torch", "mediapipe"} < allowed
    refused = {
        module
        for module, names in metadata.packages_distributions().items()
        if not any(re.sub(r"[-_.]+", "-", name).lower() in allowed for name in names)
    }
    assert {"pytest", "playwright", "accelerate", "tensorboard"} <= refused
    log = tmp_path / "connections.txt"
    guard = tmp_path / "guard"
    guard.mkdir()
    (guard / "sitecustomize.py").write_text(GUARD.format(refused=refused, log=str(log)))
    monkeypatch.setenv("PYTHONPATH", str(guard))
    probe = [sys.executable, "-c", "import pytest"]
    assert subprocess.run(probe, capture_output=True, check=False).returncode != 0
    with serving(tmp_path) as server:
        client = Client(server.url, verbose=False, download_files=tmp_path)
        answer = client.predict(handle_file(str(short_clip)), api_name="/generate")
    assert [take["level"] for take in answer["takes"]] == ["studio", "high"]
    for take in answer["takes"]:
        audio, _ = soundfile.read(take["files"]["music"])
        assert np.sqrt(np.mean(audio**2)) > 0.02
    assert not log.exists(), log.read_text()


def test_the_guard_refuses_connections(tmp_path: Path) -> None:
    guard = tmp_path / "sitecustomize.py"
    log = tmp_path / "log.txt"
    guard.write_text(GUARD.format(refused=set(), log=str(log)))
    program = "import socket; socket.create_connection(('192.0.2.1', 80), 1)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "no network" in done.stderr
    assert "192.0.2.1" in log.read_text()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        near = f"import socket; socket.create_connection({listener.getsockname()!r}, 1)"
        environment = {"PYTHONPATH": str(tmp_path)}
        subprocess.run([sys.executable, "-c", near], env=environment, check=True)


def test_the_card_of_the_space_is_complete() -> None:
    import yaml

    card = yaml.safe_load((ROOT / "README.md").read_text(encoding="utf-8").split("---\n")[1])
    pinned = (ROOT / "requirements.txt").read_text().splitlines()
    assert f"gradio=={card['sdk_version']}" in pinned
    assert 10 < len(card["short_description"]) <= 60  # longer ones are refused
    assert len(card["tags"]) >= 3
    assert (ROOT / card["thumbnail"]).is_file()
    assert (ROOT / card["app_file"]).is_file()
