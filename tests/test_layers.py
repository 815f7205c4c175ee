"""Imports go strictly down, and importing the package loads nothing heavy."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LAYERS = (
    ("app", "d2m.__main__"),
    ("d2m.cli", "d2m.web"),
    ("d2m.benchmark.cli", "d2m.checkpoints.cli", "d2m.training.cli"),
    ("d2m.benchmark",),
    ("d2m.training", "d2m.jobs"),
    ("d2m.jobs.worker_slot",),
    ("d2m.jobs.worker_process", "d2m.jobs.worker_main"),
    ("d2m.jobs.messages", "d2m.jobs.queue", "d2m.pipeline"),
    ("d2m.rendering.write_results",),
    ("d2m.rendering.report",),
    ("d2m.generation.generate",),
    ("d2m.perception.dance",),
    ("d2m.perception.clip_analysis",),
    ("d2m.checkpoints", "d2m.metrics", "d2m.rendering.pose_strip", "d2m.rendering"),
    ("d2m.perception", "d2m.models", "d2m.media"),
    (
        "d2m.core.subprocess_limits",
        "d2m.core.librosa_loader",
        "d2m.core.progress",
        "d2m.core.settings",
    ),
    ("d2m.core.metrical_grid", "d2m.core.styles"),
    ("d2m.core.levels",),
    ("d2m.core.errors",),
)
HEAVY = ("torch", "mediapipe", "librosa", "moviepy", "noisereduce", "cv2", "av", "gradio", "scipy")


PATHS = (ROOT / "app.py", *sorted((ROOT / "d2m").rglob("*.py")))
MODULES = [
    (".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"), path)
    for path in PATHS
]
NAMES = [name for name, _ in MODULES]


def layer_of(name: str) -> tuple[int, str] | None:
    """Return the layer's number, from the top, and its member that the module belongs to."""
    found = [
        (number, member)
        for number, layer in enumerate(LAYERS)
        for member in layer
        if name == member or name.startswith(f"{member}.")
    ]
    return max(found, key=lambda place: len(place[1]), default=None)


def imports(path: Path):
    """Yield all modules imported, at the top of a module or inside its functions."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "d2m":
            yield from (f"d2m.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize(("name", "path"), MODULES, ids=NAMES)
def test_imports_go_strictly_down(name, path):
    if name == "d2m":
        return  # the front door names what lives in every layer
    place = layer_of(name)
    assert place is not None, f"{name} belongs to no layer"
    for target in imports(path):
        if target.split(".")[0] not in ("d2m", "app") or target == "d2m.__version__":
            continue
        below = layer_of(target)
        assert below is not None, f"{name} imports {target}, which belongs to no layer"
        assert below[0] > place[0] or below[1] == place[1], f"{name} imports {target}"


@pytest.mark.parametrize(("name", "path"), MODULES, ids=NAMES)
def test_only_the_page_knows_gradio(name, path):
    page = name == "app" or name.startswith("d2m.web.")
    assert page or not any(target.split(".")[0] == "gradio" for target in imports(path))


def test_importing_loads_nothing_heavy():
    names = [
        "d2m",
        "d2m.cli",
        "d2m.pipeline",
        "d2m.jobs",
        "d2m.rendering.write_results",
        "d2m.rendering",
    ]
    code = (
        f"import sys, importlib; [importlib.import_module(n) for n in {names}];"
        f"print([n for n in {HEAVY} if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(("name", "path"), MODULES, ids=NAMES)
def test_modules_stay_small(name, path):
    assert len(path.read_text().splitlines()) < 320
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef):
            docstring = ast.get_docstring(node) or ""
            lines = (node.end_lineno or 0) - node.lineno - len(docstring.splitlines())
            assert lines <= 55, f"{name}.{node.name} has {lines} lines"
