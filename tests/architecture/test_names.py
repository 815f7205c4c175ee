"""One name, one meaning: no public name of the package is used for two things."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from tests.architecture.source import Function, Module, assignments, parse, project, write_project

SAME_FUNCTION_NAME = {
    "main": "the entry point of a program, by convention",
}
"""Public functions that several modules define under one name, and why that is right."""
SAME_MODULE_NAME = {
    "baselines": "the baselines: their music, and their training",
    "cli": "the commands of a package, by convention",
    "d2mgan": "the published D2M-GAN: its networks, generation with it, and its training",
}
"""Modules and packages of one name, and why that is right."""


def classes(modules: Mapping[str, Module]) -> dict[str, list[str]]:
    """Return the modules that define each top-level class."""
    found = defaultdict(list)
    for module in modules.values():
        for node in module.tree.body:
            if isinstance(node, ast.ClassDef):
                found[node.name].append(module.name)
    return found


def public_functions(modules: Mapping[str, Module]) -> dict[str, list[str]]:
    """Return the modules that define each public function."""
    found = defaultdict(list)
    for module in modules.values():
        for node in module.tree.body:
            if isinstance(node, Function) and not node.name.startswith("_"):
                found[node.name].append(module.name)
    return found


def values(modules: Mapping[str, Module], pattern: str) -> dict[str, dict[str, list[str]]]:
    """Return the values of module-level names that match a pattern, and where they are set."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for module in modules.values():
        for name, value in assignments(module.tree.body):
            if re.fullmatch(pattern, name):
                found[name][ast.unparse(value)].append(module.name)
    return found


def clashes(modules: Mapping[str, Module]) -> list[str]:
    """Return the names that mean two things, each with its modules."""
    constants = values(modules, r"[A-Z][A-Z0-9_]*")
    aliases = values(modules, r"[A-Z]\w*[a-z]\w*")
    stems = defaultdict(list)
    for module in modules.values():
        stems[module.name.split(".")[-1]].append(module.name)
    kinds = {
        "class": classes(modules),
        "function": {
            name: places
            for name, places in public_functions(modules).items()
            if name not in SAME_FUNCTION_NAME
        },
        "module": {n: places for n, places in stems.items() if n not in SAME_MODULE_NAME},
        "constant": {
            name: [place for places in by_value.values() for place in places]
            for name, by_value in (constants | aliases).items()
            if len(by_value) > 1
        },
    }
    return [
        f"{kind} {name}: {', '.join(places)}"
        for kind, named in kinds.items()
        for name, places in sorted(named.items())
        if len(places) > 1
    ]


def test_no_name_means_two_things() -> None:
    found = clashes(project("d2m"))
    assert not found, "\n".join(found)


def test_the_exceptions_are_used() -> None:
    modules = project("d2m")
    assert {name for name, places in public_functions(modules).items() if len(places) > 1} >= {
        *SAME_FUNCTION_NAME
    }
    stems = [name.split(".")[-1] for name in modules]
    assert all(stems.count(name) > 1 for name in SAME_MODULE_NAME)


def test_names_that_mean_two_things_are_found(tmp_path: Path) -> None:
    write_project(
        tmp_path,
        {
            "d2m/a/job.py": "class Job: ...\nRATE, SIZE = 1, 2\ndef load(): ...\n_X = 1\n",
            "d2m/b/job.py": "class Job: ...\nRATE = 2\nSIZE: int = 2\nShape = int\n_X = 2\n",
            "d2m/b/other.py": "async def load(): ...\ndef _load(): ...\nShape = float\n",
            "d2m/b/more.py": "from d2m.b.job import Job\ndef _load(): ...\ndef main(): ...\n",
        },
    )
    assert clashes(parse(tmp_path, "d2m")) == [
        "class Job: d2m.a.job, d2m.b.job",
        "function load: d2m.a.job, d2m.b.other",
        "module job: d2m.a.job, d2m.b.job",
        "constant RATE: d2m.a.job, d2m.b.job",
        "constant Shape: d2m.b.job, d2m.b.other",
    ]
