"""Weights: the bundled ones, the published ones, and how they become networks."""

from d2m.checkpoints.auto_import import AutoImportResult, import_dropped_files
from d2m.checkpoints.catalog import WEIGHT_FILES, WeightFile
from d2m.checkpoints.importing import import_files
from d2m.checkpoints.installed import (
    InstalledFile,
    is_installed,
    missing_keys,
    missing_line,
)
from d2m.checkpoints.load_bundled import (
    CHECKPOINTS,
    codec_path,
    generator_path,
    load_codec,
    load_generator,
    read_tensors,
)
from d2m.checkpoints.load_published import (
    load_i3d,
    load_published,
    load_published_codec,
    load_vggish,
)
from d2m.checkpoints.registry import FAMILIES, WEIGHT_SETS, Family, WeightSet, family_named
from d2m.core.settings import COMPACT

__all__ = [
    "CHECKPOINTS",
    "COMPACT",
    "FAMILIES",
    "WEIGHT_FILES",
    "WEIGHT_SETS",
    "AutoImportResult",
    "Family",
    "InstalledFile",
    "WeightFile",
    "WeightSet",
    "codec_path",
    "family_named",
    "generator_path",
    "import_dropped_files",
    "import_files",
    "is_installed",
    "load_codec",
    "load_generator",
    "load_i3d",
    "load_published",
    "load_published_codec",
    "load_vggish",
    "missing_keys",
    "missing_line",
    "read_tensors",
]
