"""The project's Python modules as syntax trees; nothing is imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """A module: its dotted name, its file, its text and its syntax tree."""

    name: str
    path: Path
    text: str
    tree: ast.Module

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """All nodes of the tree."""
        return list(ast.walk(self.tree))

    def at(self, node: ast.AST) -> str:
        """Return ``name:line`` of a node, for messages."""
        return f"{self.name}:{getattr(node, 'lineno', 0)}"


def parse(root: Path, *places: str) -> dict[str, Module]:
    """Parse the modules in some folders and files of a project.

    Parameters
    ----------
    root
        The project's folder: names are relative to it.
    *places
        Folders, searched recursively, and single files.

    Returns
    -------
    dict
        The modules by their dotted names; a package's name stands for its ``__init__``.
    """
    modules = {}
    for place in places:
        start = root / place
        for path in sorted(start.rglob("*.py")) if start.is_dir() else [start]:
            name = ".".join(path.relative_to(root).with_suffix("").parts)
            name = name.removesuffix(".__init__")
            text = path.read_text(encoding="utf-8")
            modules[name] = Module(name, path, text, ast.parse(text))
    return modules


def project(*places: str) -> dict[str, Module]:
    """Return modules of this project, each parsed once."""
    modules: dict[str, Module] = {}
    for place in places:
        modules |= _parse_place(place)
    return modules


@cache
def _parse_place(place: str) -> dict[str, Module]:
    return parse(ROOT, place)


def write_project(root: Path, files: dict[str, str]) -> Path:
    """Write a made-up project, for tests of the checks themselves."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def functions(tree: ast.AST) -> Iterator[Function]:
    """Yield all functions and methods, nested ones too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def assignments(body: list[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    """Yield the names that statements assign, with their values.

    ``A, B = 1, 2`` gives two pairs; where a tuple is not written out, each of its names
    gets the whole value.
    """
    for statement in body:
        if isinstance(statement, ast.Assign):
            for target in statement.targets:
                yield from _pairs(target, statement.value)
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            yield from _pairs(statement.target, statement.value)


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Tuple | ast.List):
        parts = value.elts if isinstance(value, ast.Tuple | ast.List) else []
        matching = parts if len(parts) == len(target.elts) else [value] * len(target.elts)
        for part, its_value in zip(target.elts, matching, strict=True):
            yield from _pairs(part, its_value)


def called_name(call: ast.Call) -> str:
    """Return the last part of the name that a call calls, or an empty text."""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""
