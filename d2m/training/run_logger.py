"""Write the settings, metrics, curves and audio of a training to its run folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from d2m.core.errors import SettingsError
from d2m.core.levels import SAMPLE_RATE
from d2m.rendering.spectrogram_plot import draw_spectrogram

HELD_OUT_PREFIX = "held_out_"
"""Prefix of the names of metrics on held-out data."""
_COLUMNS = 3
# Blue and vermilion of the palette by Okabe and Ito, which colour-blind people can tell apart.
_COLOURS = ("#0072B2", "#D55E00")


class RunLogger:
    """Log a training to files in its run folder; only the main process has a logger.

    Parameters
    ----------
    folder
        Run folder.
    settings
        Written to ``config.json``.
    done
        Steps done when the run starts or resumes. Metrics of later steps, left by an
        interrupted run, are removed.
    tensorboard
        Whether to write TensorBoard event files too, to ``tensorboard/``.

    Raises
    ------
    SettingsError
        If ``tensorboard`` is set, but TensorBoard is not installed.
    """

    def __init__(
        self, folder: Path, settings: Mapping[str, Any], done: int, *, tensorboard: bool
    ) -> None:
        self._folder = folder
        self._metrics = folder / "metrics.jsonl"
        (folder / "config.json").write_text(json.dumps(settings, indent=2) + "\n")
        rows = [row for row in self._rows() if row["step"] <= done]
        self._metrics.write_text("".join(json.dumps(row) + "\n" for row in rows))
        self._writer = _summary_writer(folder / "tensorboard", done) if tensorboard else None

    def log_metrics(self, step: int, metrics: Mapping[str, float]) -> None:
        """Append metrics to ``metrics.jsonl`` as one line, rounded to 5 decimal places."""
        line = json.dumps({"step": step} | {k: round(v, 5) for k, v in metrics.items()})
        with self._metrics.open("a") as file:
            file.write(line + "\n")
        if self._writer is not None:
            for name, value in metrics.items():
                self._writer.add_scalar(name, value, step)

    def log_audio(self, step: int, examples: Mapping[str, NDArray[np.float32]]) -> None:
        """Write audio (N,) by name to ``samples/STEP/``, as WAV and as a spectrogram."""
        import soundfile

        for name, audio in examples.items():
            target = self._folder / "samples" / f"{step:07d}" / f"{name}.wav"
            target.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(target, np.clip(audio, -1.0, 1.0), SAMPLE_RATE)
            title = f"{name.replace('_', ' ')}, step {step:,}"
            draw_spectrogram(target.with_suffix(".png"), title=title, audio=audio)
            if self._writer is not None:
                self._writer.add_audio(name, np.clip(audio, -1, 1)[None], step, SAMPLE_RATE)

    def plot_curves(self) -> None:
        """Plot all metrics over the steps to ``curves.png``.

        A held-out metric shares its panel with the training metric of the same name.
        """
        import matplotlib as mpl
        from matplotlib.figure import Figure

        rows = self._rows()
        names = [name for name in dict.fromkeys(n for row in rows for n in row) if name != "step"]
        panels = list(dict.fromkeys(name.removeprefix(HELD_OUT_PREFIX) for name in names))
        if not panels:
            return
        height = -(-len(panels) // _COLUMNS)
        with mpl.rc_context({"font.size": 9}):
            figure = Figure(figsize=(4.0 * _COLUMNS, 2.5 * height))
            figure.subplots_adjust(0.06, 0.5 / (height + 0.5), 0.98, 1 - 0.3 / height, 0.2, 0.6)
            grid = figure.subplots(height, _COLUMNS, squeeze=False).ravel()
            for axes, panel in zip(grid, panels, strict=False):
                for name, colour in zip((panel, HELD_OUT_PREFIX + panel), _COLOURS, strict=True):
                    points = [(row["step"], row[name]) for row in rows if name in row]
                    if points:
                        label = "held out" if name.startswith(HELD_OUT_PREFIX) else "training"
                        axes.plot(*zip(*points, strict=True), ".-", color=colour, label=label)
                axes.set_title(panel.replace("_", " "))
                axes.legend(fontsize=7, loc="upper right")
            figure.supxlabel("step")
            for axes in grid[len(panels) :]:
                axes.set_axis_off()
            figure.savefig(self._folder / "curves.png", dpi=100)

    def close(self) -> None:
        """Flush and close the TensorBoard files."""
        if self._writer is not None:
            self._writer.close()

    def _rows(self) -> list[dict[str, float]]:
        if not self._metrics.is_file():
            return []
        return [json.loads(line) for line in self._metrics.read_text().splitlines()]


def _summary_writer(folder: Path, done: int) -> Any:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise SettingsError(
            "TensorBoard is not installed: install it with `pip install -r "
            "requirements-train.txt`, or add --no-tensorboard."
        ) from error
    return SummaryWriter(str(folder), purge_step=done + 1)
