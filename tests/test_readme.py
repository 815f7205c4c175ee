"""The code, the files and the commands of the README work."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, Server

TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def block(language: str, text: str) -> str:
    """Return the only code block that contains a text."""
    blocks = re.findall(rf"```{language}\n(.*?)```", TEXT, flags=re.DOTALL)
    (found,) = [code for code in blocks if text in code]
    return str(found)


def test_the_endpoint_is_called_as_the_readme_says(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = block("python", "gradio_client")
    assert "http://127.0.0.1:7860" in code
    monkeypatch.chdir(ROOT)
    names: dict[str, Any] = {}
    code = code.replace(
        'Client("http://127.0.0.1:7860")',
        f"Client({server.url!r}, verbose=False, download_files={str(tmp_path)!r})",
    )
    exec(compile(code, "README.md", "exec"), names)
    assert Path(names["take"]["files"]["video"]).name.endswith(".high.mp4")
    assert Path(names["answer"]["archive"]).stat().st_size > 100_000


def test_all_files_in_the_readme_exist() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", TEXT) + re.findall(
        r"^\| `([^`]+)` \|", TEXT, re.MULTILINE
    )
    local = [link for link in links if not link.startswith("http")]
    assert len(local) > 10
    assert [link for link in local if not (ROOT / link).exists()] == []


def test_all_commands_in_the_readme_exist() -> None:
    from typer.testing import CliRunner

    from d2m.__main__ import app

    commands = re.findall(r"python -m d2m ([a-z]+(?: [a-z]+)?)", TEXT)
    assert {command.split()[0] for command in commands} >= {"generate", "rhythm", "weights"}
    for command in {command.split()[0] for command in commands}:
        assert CliRunner().invoke(app, [command, "--help"]).exit_code == 0
