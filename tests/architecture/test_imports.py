"""Imports go down from stage to stage, never in a circle, and load nothing heavy early."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.architecture.source import ROOT, Module, parse, project, write_project

LAYERS = (
    ("core",),
    ("audio",),
    ("media", "models"),
    ("perception",),
    ("metrics", "score", "checkpoints"),
    ("generation",),
    ("rendering",),
    ("choreography",),
    ("pipeline", "training"),
    ("benchmark", "jobs"),
    ("web",),
    ("__main__",),
)
"""The entries of `d2m`, bottom first: each imports only from the layers below its own."""
DYNAMIC = ("import_module", "__import__", "find_spec")
HEAVY = ("torch", "mediapipe", "librosa", "noisereduce", "cv2", "av", "gradio", "scipy")


def imports(module: Module, known: Mapping[str, object]) -> Iterator[tuple[str, ast.AST]]:
    """Yield the modules that a module imports, and where.

    Imports inside functions and under ``TYPE_CHECKING`` count, and so does a text that is
    the name of a known module, such as the argument of ``importlib.import_module`` or of
    ``python -m``.

    Parameters
    ----------
    module
        The importing module.
    known
        The names of the project's modules: ``from package import name`` counts as an
        import of ``package.name`` where that is a module, else of ``package``.
    """
    is_package = module.path.name == "__init__.py"
    for node in module.nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node
        elif isinstance(node, ast.ImportFrom):
            parts = module.name.split(".")
            up = node.level - is_package
            home = parts[: len(parts) - up] if node.level else []
            source = ".".join([*home, *(node.module or "").split(".")]).strip(".")
            for alias in node.names:
                full = f"{source}.{alias.name}"
                yield full if full in known else source, node
        elif isinstance(node, ast.Constant) and node.value in known and "." in str(node.value):
            yield str(node.value), node
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in DYNAMIC:
            for argument in node.args[:1]:
                if isinstance(argument, ast.Constant) and argument.value not in known:
                    yield str(argument.value), node


def graph_of(modules: Mapping[str, Module]) -> dict[str, set[str]]:
    """Return which known modules each module imports.

    The package `d2m` itself imports nothing here: it is the entrance for library users,
    and its table of public names points into all layers.
    """
    graph = {}
    for module in modules.values():
        found = {target for target, _ in imports(module, modules)}
        graph[module.name] = (found & modules.keys()) - {module.name}
    if "d2m" in graph:
        graph["d2m"] = set()
    return graph


def reachable(graph: Mapping[str, set[str]], start: str) -> set[str]:
    """Return what a module imports, directly or through others."""
    found: set[str] = set()
    waiting = [*graph[start]]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(graph[name])
    return found


def cycles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """Return the groups of modules that import each other in a circle."""
    reach = {name: reachable(graph, name) for name in graph}
    groups = {
        frozenset(other for other in reach[name] if name in reach[other])
        for name in graph
        if name in reach[name]
    }
    return sorted(sorted(group) for group in groups)


def wrong_imports(modules: Mapping[str, Module]) -> list[str]:
    """Return the imports between the entries of `d2m` that don't go down."""
    height = {entry: number for number, layer in enumerate(LAYERS) for entry in layer}
    wrong = []
    for module in modules.values():
        if module.name == "d2m":
            continue
        entry = module.name.split(".")[1]
        if entry not in height:
            wrong.append(f"{module.name} belongs to no layer")
            continue
        for target, node in imports(module, modules):
            top, _, rest = target.partition(".")
            below = rest.split(".")[0]
            is_outside = top in ("app", "tests", "tools")
            is_inside = top == "d2m" and below != entry
            if is_outside or (is_inside and height.get(below, 99) >= height[entry]):
                wrong.append(f"{module.at(node)} imports {target}")
    return wrong


def test_each_entry_has_a_layer() -> None:
    entries = {name.split(".")[1] for name in project("d2m") if name != "d2m"}
    assert entries == {entry for layer in LAYERS for entry in layer}


def test_imports_go_strictly_down() -> None:
    wrong = wrong_imports(project("d2m"))
    assert not wrong, "\n".join(wrong)


def test_no_modules_import_each_other_in_a_circle() -> None:
    found = cycles(graph_of(project("d2m", "app.py")))
    assert not found, "\n".join(map(" <-> ".join, found))


def test_only_the_page_knows_gradio() -> None:
    modules = project("d2m", "app.py", "tools")
    users = {
        name
        for name, module in modules.items()
        for target, _ in imports(module, modules)
        if target.split(".")[0] == "gradio"
    }
    assert users
    assert {name for name in users if not name.startswith("d2m.web.")} == set()


def test_importing_loads_nothing_heavy() -> None:
    names = ["d2m", "d2m.__main__", "d2m.pipeline", "d2m.jobs", "d2m.rendering.write_results"]
    code = (
        f"import sys, importlib; [importlib.import_module(n) for n in {names}];"
        f"print([n for n in {HEAVY} if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "[]"


def made_up(folder: Path, **files: str) -> dict[str, Module]:
    """Write a package `d2m` with some modules (``core__levels`` for core/levels.py)."""
    paths = {f"d2m/{name.replace('__', '/')}.py": text for name, text in files.items()}
    write_project(folder, {"d2m/__init__.py": "", **paths})
    return parse(folder, "d2m")


def test_a_cycle_by_a_lazy_import_is_found(tmp_path: Path) -> None:
    lazy = "def f():\n    from d2m.core import a\n    return a\n"
    modules = made_up(tmp_path, core__a="import d2m.core.b", core__b=lazy, core__c="")
    assert cycles(graph_of(modules)) == [["d2m.core.a", "d2m.core.b"]]


def test_a_cycle_by_a_typing_import_is_found(tmp_path: Path) -> None:
    typing = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .a import A\n"
    modules = made_up(tmp_path, core__a="from .b import B", core__b=typing)
    assert cycles(graph_of(modules)) == [["d2m.core.a", "d2m.core.b"]]


def test_a_cycle_by_a_text_and_a_package_is_found(tmp_path: Path) -> None:
    dynamic = "import importlib\nimportlib.import_module('d2m.core')\n"
    modules = made_up(tmp_path, core____init____="", core__a=dynamic)
    assert cycles(graph_of(modules)) == []
    write_project(tmp_path, {"d2m/core/__init__.py": "from d2m.core.a import A"})
    assert cycles(graph_of(parse(tmp_path, "d2m"))) == [["d2m.core", "d2m.core.a"]]


def test_imports_that_go_up_or_sideways_are_found(tmp_path: Path) -> None:
    modules = made_up(
        tmp_path,
        core__a="def f():\n    import d2m.media.b\n",
        media__b="import d2m.core.a\nfrom d2m.models import c\n",
        models__c="from d2m import __version__\nimport tests.conftest\nimport numpy\n",
        jobs__d="MODULE = 'd2m.web.e'\n",
        web__e="import d2m.jobs.d\n",
        attic__f="",
    )
    assert wrong_imports(modules) == [
        "d2m.attic.f belongs to no layer",
        "d2m.core.a:2 imports d2m.media.b",
        "d2m.jobs.d:1 imports d2m.web.e",
        "d2m.media.b:2 imports d2m.models.c",
        "d2m.models.c:1 imports d2m",
        "d2m.models.c:2 imports tests.conftest",
    ]
