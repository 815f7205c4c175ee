"""What a run leaves in its folder: settings, figures, curves, sounds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import SettingsError
from d2m.core.levels import SAMPLE_RATE
from d2m.rendering.spectrogram_plot import spectrogram

HELD_OUT = "held_out_"
_COLUMNS = 3
_COLOURS = ("#0072B2", "#D55E00")


class Record:
    """The written side of a run; only the main process has one.

    Parameters
    ----------
    folder
        Trainer folder.
    settings
        What goes into ``config.json``.
    first
        Step that the run goes on from: what was written of later ones is forgotten.
    tensorboard
        Whether to write TensorBoard's files too, into ``tensorboard/``.

    Raises
    ------
    SettingsError
        If TensorBoard is wanted but missing.
    """

    def __init__(
        self, folder: Path, settings: Mapping[str, Any], first: int, *, tensorboard: bool
    ) -> None:
        self._folder = folder
        self._metrics = folder / "metrics.jsonl"
        (folder / "config.json").write_text(json.dumps(settings, indent=2) + "\n")
        lines = [line for line in self._lines() if line["step"] <= first]
        self._metrics.write_text("".join(json.dumps(line) + "\n" for line in lines))
        self._board = _board(folder / "tensorboard", first) if tensorboard else None

    def figures(self, step: int, figures: Mapping[str, float]) -> None:
        """Add a line of figures."""
        line = json.dumps({"step": step} | {k: round(v, 5) for k, v in figures.items()})
        with self._metrics.open("a") as file:
            file.write(line + "\n")
        if self._board is not None:
            for name, value in figures.items():
                self._board.add_scalar(name, value, step)

    def sounds(self, step: int, sounds: Mapping[str, NDArray[np.float32]]) -> None:
        """Write sounds (N,) by name, as WAV and as spectrogram, into ``samples/STEP/``."""
        import soundfile

        for name, sound in sounds.items():
            target = self._folder / "samples" / f"{step:07d}" / f"{name}.wav"
            target.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(target, np.clip(sound, -1.0, 1.0), SAMPLE_RATE)
            title = f"{name.replace('_', ' ')}, step {step:,}"
            spectrogram(target.with_suffix(".png"), title=title, audio=sound)
            if self._board is not None:
                self._board.add_audio(name, np.clip(sound, -1, 1)[None], step, SAMPLE_RATE)

    def curves(self) -> None:
        """Draw all figures over the steps into ``curves.png``, held-out ones beside their own."""
        import matplotlib as mpl
        from matplotlib.figure import Figure

        lines = self._lines()
        names = [
            name for name in dict.fromkeys(n for line in lines for n in line) if name != "step"
        ]
        panels = list(dict.fromkeys(name.removeprefix(HELD_OUT) for name in names))
        if not panels:
            return
        rows = -(-len(panels) // _COLUMNS)
        with mpl.rc_context({"font.size": 9}):
            figure = Figure(figsize=(4.0 * _COLUMNS, 2.5 * rows))
            figure.subplots_adjust(0.06, 0.5 / (rows + 0.5), 0.98, 1 - 0.3 / rows, 0.2, 0.6)
            grid = figure.subplots(rows, _COLUMNS, squeeze=False).ravel()
            for axes, panel in zip(grid, panels, strict=False):
                for name, colour in zip((panel, HELD_OUT + panel), _COLOURS, strict=True):
                    points = [(line["step"], line[name]) for line in lines if name in line]
                    if points:
                        label = "held out" if name.startswith(HELD_OUT) else "training"
                        axes.plot(*zip(*points, strict=True), ".-", color=colour, label=label)
                axes.set_title(panel.replace("_", " "))
                axes.legend(fontsize=7, loc="upper right")
            figure.supxlabel("step")
            for axes in grid[len(panels) :]:
                axes.set_axis_off()
            figure.savefig(self._folder / "curves.png", dpi=100)

    def close(self) -> None:
        """Bring everything to disk."""
        if self._board is not None:
            self._board.close()

    def _lines(self) -> list[dict[str, float]]:
        if not self._metrics.is_file():
            return []
        return [json.loads(line) for line in self._metrics.read_text().splitlines()]


def _board(folder: Path, first: int) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise SettingsError(
            "TensorBoard is missing: install it with `pip install -r requirements-train.txt`, or "
            "add --no-tensorboard."
        ) from error
    return SummaryWriter(str(folder), purge_step=first + 1)
