"""Weights: the catalog, downloads, imports, installed files, and loading them as networks."""

from d2m.checkpoints.auto_import import import_dropped_files
from d2m.checkpoints.availability import is_installed, missing_keys, missing_line
from d2m.checkpoints.importing import import_files
from d2m.checkpoints.load_bundled import (
    CHECKPOINTS,
    baseline_path,
    codec_path,
    load_codec,
    read_tensors,
)
from d2m.checkpoints.load_published import (
    load_i3d,
    load_published,
    load_published_codec,
    load_vggish,
)
from d2m.checkpoints.registry import FAMILIES, family_named

__all__ = [
    "CHECKPOINTS",
    "FAMILIES",
    "baseline_path",
    "codec_path",
    "family_named",
    "import_dropped_files",
    "import_files",
    "is_installed",
    "load_codec",
    "load_i3d",
    "load_published",
    "load_published_codec",
    "load_vggish",
    "missing_keys",
    "missing_line",
    "read_tensors",
]
