"""Check an installation: packages, weights, codecs, graphics card, memory and disk space."""

from __future__ import annotations

import importlib
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from d2m.checkpoints.availability import missing_keys_of_set
from d2m.checkpoints.load_bundled import CHECKPOINTS, user_folder
from d2m.checkpoints.registry import WEIGHT_SETS
from d2m.core.common_settings import COMPACT
from d2m.core.errors import D2MError
from d2m.core.output_folder import usable_output
from d2m.core.parallel import usable_cores
from d2m.core.version import __version__

PACKAGES = (
    *("av", "cv2", "gradio", "librosa", "matplotlib", "mediapipe", "numpy", "safetensors"),
    *("scipy", "soundfile", "torch"),
)
"""The modules without which no job runs, or no page is served."""
ENCODERS = ("libx264", "aac")
"""FFmpeg's names of the encoders of the videos that are written."""
DECODERS = ("h264", "hevc", "vp9", "av1", "aac", "mp3", "opus")
"""FFmpeg's names of the decoders of most clips and songs."""
LEAST_FREE_GB, LEAST_MEMORY_GB = 1.0, 3.0
"""Free disk space and memory (GB) below which long clips may fail. Measured: a job of a minute
takes 2.1 GB of memory (``docs/speed.md``); with a margin, chosen by hand."""
_PYTHONS = ((3, 10), (3, 12))
_GB = 1e9


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What was found about one part of an installation.

    Parameters
    ----------
    part
        What it is about, such as ``"codecs"``.
    text
        What there is.
    advice
        What to do, in one sentence, if something is wrong; otherwise empty.
    """

    part: str
    text: str
    advice: str = ""


def examine(folder: Path = CHECKPOINTS) -> Iterator[Finding]:
    """Check this installation.

    Parameters
    ----------
    folder
        Folder of the weights.

    Yields
    ------
    Finding
        One for each part, as soon as it is checked.
    """
    yield Finding(part="D2M", text=f"{__version__}, in {Path(__file__).parents[1]}")
    yield _python()
    for name in PACKAGES:
        yield _package(name)
    yield from _weights(folder)
    yield _codecs()
    yield _graphics_card()
    yield _machine()
    yield _space("temporary folder", Path(tempfile.gettempdir()), "set TMPDIR to another folder")
    yield _space("current folder", Path.cwd(), "choose another folder with --out")


def _python() -> Finding:
    version = sys.version_info[:2]
    oldest, newest = (".".join(map(str, bound)) for bound in _PYTHONS)
    advice = "" if _PYTHONS[0] <= version <= _PYTHONS[1] else f"use Python {oldest} to {newest}."
    return Finding(part="Python", text=platform.python_version(), advice=advice)


def _package(module: str) -> Finding:
    """Import a module, which also finds out whether its system libraries are there."""
    names = metadata.packages_distributions().get(module, [])
    text = ", ".join(sorted(f"{name} {metadata.version(name)}" for name in set(names)))
    try:
        importlib.import_module(module)
    except Exception as error:  # a damaged package may raise anything
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        return Finding(part=module, text=f"{text} ({reason})".strip(), advice=_advice(module, text))
    return Finding(part=module, text=text)


def _advice(module: str, installed: str) -> str:
    if not installed:
        return "install the requirements again with pip."
    if module == "cv2":
        version = metadata.version("opencv-contrib-python")
        return (
            "run `pip install --no-deps --force-reinstall "
            f"opencv-contrib-python-headless=={version}`, which needs no system library."
        )
    return "install this package again with `pip install --force-reinstall`."


def _weights(folder: Path) -> Iterator[Finding]:
    own = user_folder(folder)
    yield Finding(part="folder of weights", text=str(own))
    for name, weights in WEIGHT_SETS.items():
        missing = missing_keys_of_set(name, folder)
        advice = "install D2M again." if missing and name == COMPACT else ""
        text = f"not installed (`d2m weights fetch {name}`)" if missing else weights.title
        yield Finding(part=f"weights {name}", text=text, advice=advice)


def _codecs() -> Finding:
    """Look for the encoders and decoders in PyAV's FFmpeg."""
    try:
        import av.codec
    except ImportError:
        return Finding(part="codecs", text="PyAV can't be loaded", advice="see av above.")

    def lacks(name: str, mode: Literal["r", "w"]) -> bool:
        try:
            av.codec.Codec(name, mode)
        except ValueError:
            return True
        return False

    missing = [f"encoder {name}" for name in ENCODERS if lacks(name, "w")]
    missing += [f"decoder {name}" for name in DECODERS if lacks(name, "r")]
    if missing:
        advice = "install PyAV from its wheel: `pip install --force-reinstall --only-binary av av`."
        return Finding(part="codecs", text=f"missing: {', '.join(missing)}", advice=advice)
    text = f"encoders {', '.join(ENCODERS)}; decoders {', '.join(DECODERS)}"
    return Finding(part="codecs", text=text)


def _graphics_card() -> Finding:
    try:
        import torch
    except ImportError:
        return Finding(part="GPU", text="torch can't be loaded", advice="see torch above.")
    if not torch.cuda.is_available():
        return Finding(part="GPU", text="none; only published weights would use one")
    return Finding(part="GPU", text=torch.cuda.get_device_name())


def _machine() -> Finding:
    text = f"{usable_cores()} cores"
    try:
        memory_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _GB
    except (ValueError, OSError, AttributeError):
        return Finding(part="machine", text=text)
    is_small = memory_gb < LEAST_MEMORY_GB
    advice = f"use a machine with {LEAST_MEMORY_GB:g} GB of memory or more." if is_small else ""
    return Finding(part="machine", text=f"{text}, {memory_gb:.1f} GB of memory", advice=advice)


def _space(part: str, folder: Path, way_out: str) -> Finding:
    """Check that a folder can be written, and has space."""
    try:
        usable_output(folder)
    except D2MError as error:
        return Finding(part=part, text=f"{folder}: {error}", advice=f"{way_out}.")
    free_gb = shutil.disk_usage(folder).free / _GB
    is_full = free_gb < LEAST_FREE_GB
    advice = f"free {LEAST_FREE_GB:g} GB, or {way_out}." if is_full else ""
    return Finding(part=part, text=f"{folder}, {free_gb:.1f} GB free", advice=advice)
