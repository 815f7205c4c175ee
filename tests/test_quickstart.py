"""The notebook for a first try runs from its first cell to its last."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from tests.conftest import ROOT

NOTEBOOK = ROOT / "examples" / "quickstart.ipynb"


def outputs(cells: list[Any], kind: str) -> list[str]:
    """Return all outputs of a media type."""
    found = [output.get("data", {}).get(kind) for cell in cells for output in cell.outputs]
    return [str(data) for data in found if data is not None]


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_it_is_stored_without_outputs() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    assert not any(cell.outputs or cell.execution_count for cell in code_cells(notebook))


@pytest.mark.e2e
def test_it_runs_and_shows_videos_plots_and_three_variations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": tmp_path}}).execute()
    cells = code_cells(notebook)
    shown = outputs(cells, "text/html")
    assert sum("<video" in html for html in shown) == 3
    assert sum("<audio" in html for html in shown) == 3
    assert len(outputs(cells, "image/png")) == 2
    text = "".join(output.text for cell in cells for output in cell.outputs if "text" in output)
    assert "The beat comes from" in text
    variations = [line for line in text.splitlines() if line[:2] in ("0 ", "1 ", "2 ")]
    assert len({line[2:] for line in variations}) == 3
    assert (tmp_path / "dance_with_music.mp4").stat().st_size > 100_000
    assert (tmp_path / "music.wav").read_bytes().startswith(b"RIFF")
    assert {path.suffix for path in (tmp_path / "out").iterdir()} >= {
        ".mp4",
        ".wav",
        ".mid",
        ".flac",
    }
