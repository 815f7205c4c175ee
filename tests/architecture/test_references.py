"""Names and paths between backticks, in docs, docstrings and comments, exist."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.architecture.source import (
    ROOT,
    Function,
    Module,
    assignments,
    functions,
    parse,
    project,
    write_project,
)

NAME = re.compile(r"`~?(d2m(?:\.\w+)+)(?:\(.*?\))?`", re.DOTALL)
PATH = re.compile(r"`((?:d2m|tests|tools|docs|examples|\.ci)/[\w./-]*|[\w./-]+\.py)`")


def prose(module: Module) -> Iterator[tuple[int, str]]:
    """Yield all docstrings, of constants and fields too, and comments, with their lines."""
    for node in module.nodes:
        value = node.value if isinstance(node, ast.Expr) else None
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value.lineno, value.value
    for token in tokenize.generate_tokens(io.StringIO(module.text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def class_members(
    modules: Mapping[str, Module], home: Module, node: ast.ClassDef
) -> dict[str, ast.AST | None]:
    """Return the methods, fields and attributes of a class and its bases in the project."""
    members: dict[str, ast.AST | None] = {}
    for base in node.bases:
        found = lookup(modules, home, ast.unparse(base).split("."))
        if found is not None and isinstance(found[1], ast.ClassDef):
            members |= class_members(modules, found[0], found[1])
    for statement in node.body:
        if isinstance(statement, Function | ast.ClassDef):
            members[statement.name] = statement
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            members[statement.target.id] = None
    members |= dict.fromkeys(name for name, _ in assignments(node.body))
    for function in functions(node):
        for part in ast.walk(function):
            if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store):
                members.setdefault(part.attr, None)
    return members


def top_level(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield a module's statements, those inside ``if`` and ``try`` too."""
    for statement in body:
        yield statement
        for block in ("body", "orelse", "handlers", "finalbody"):
            if isinstance(statement, ast.If | ast.Try | ast.ExceptHandler):
                yield from top_level(getattr(statement, block, []))


def lookup(
    modules: Mapping[str, Module], home: Module, names: list[str]
) -> tuple[Module, ast.AST | None] | None:
    """Find what a dotted name means inside a module.

    Parameters
    ----------
    modules
        All modules of the project.
    home
        The module in which the first name is defined or imported.
    names
        The parts of the dotted name.

    Returns
    -------
    tuple or None
        The module that defines it and its class or function, or None for another kind of
        value; without a pair, there is nothing of that name.
    """
    first, *rest = names
    body = [*top_level(home.tree.body)]
    for node in body:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if (alias.asname or alias.name) == first and node.module:
                    return resolve(modules, ".".join([node.module, alias.name, *rest]))
        elif isinstance(node, Function | ast.ClassDef) and node.name == first:
            if not rest:
                return home, node
            if not isinstance(node, ast.ClassDef):
                return None
            members = class_members(modules, home, node)
            return (home, members[rest[0]]) if rest[0] in members and len(rest) == 1 else None
    own = {name for name, _ in assignments(body)}
    return (home, None) if first in own and not rest else None


def resolve(modules: Mapping[str, Module], name: str) -> tuple[Module, ast.AST | None] | None:
    """Find a dotted name that starts with a module's, as `lookup` does."""
    parts = name.split(".")
    for split in range(len(parts), 0, -1):
        module = modules.get(".".join(parts[:split]))
        if module is not None:
            return lookup(modules, module, parts[split:]) if parts[split:] else (module, None)
    return None


def broken(root: Path, texts: Mapping[str, str], modules: Mapping[str, Module]) -> list[str]:
    """Return the references in texts that lead nowhere, as ``where: reference``.

    A path is relative to the project's folder; a file name without a folder is any module's.
    """
    files = {module.path.name for module in modules.values()}
    wrong = []
    for where, text in texts.items():
        wrong += [f"{where}: {name}" for name in NAME.findall(text) if not resolve(modules, name)]
        for path in PATH.findall(text):
            if not (root / path).exists() and path not in files:
                wrong.append(f"{where}: {path}")
    return sorted(set(wrong))


def documents(root: Path) -> dict[str, str]:
    """Return the project's Markdown files by their paths."""
    folders = (root, *(root / name for name in ("docs", "examples", "d2m")))
    paths = {*root.glob("*.md"), *(p for folder in folders[1:] for p in folder.rglob("*.md"))}
    return {str(p.relative_to(root)): p.read_text(encoding="utf-8") for p in sorted(paths)}


def written(modules: Mapping[str, Module]) -> dict[str, str]:
    """Return the prose of modules by its place."""
    return {f"{m.name}:{line}": text for m in modules.values() for line, text in prose(m)}


def test_references_in_documents_exist() -> None:
    texts = documents(ROOT)
    assert len(texts) > 5
    wrong = broken(ROOT, texts, project("d2m", "app.py", "tools", "tests"))
    assert not wrong, "\n".join(wrong)


def test_references_in_docstrings_and_comments_exist() -> None:
    modules = project("d2m", "app.py", "tools", "tests")
    texts = written(modules)
    assert sum(len(NAME.findall(text)) for text in texts.values()) > 20
    wrong = broken(ROOT, texts, modules)
    assert not wrong, "\n".join(wrong)


SHAPES = '''
"""Shapes, like `d2m.shapes.Square.area`, drawn by `tools/draw.py` and `draw.py`."""
from dataclasses import dataclass
from d2m.core.base import Base as Parent

SIDES, UNIT = 4, "cm"
"""See `d2m.shapes.UNIT`, `d2m.core.base.Base.reset()` and ``d2m.core``."""

@dataclass
class Square(Parent):
    width: float

    def area(self):
        """Not `d2m.shapes.Square.volume`."""
        self.known = True  # see `d2m.shapes.Square.known` and `d2m.shapes.Square.reset`
        return self.width  # `d2m.shapes.Square.width`, not `d2m.shapes.circle`
'''


def test_broken_references_are_found(tmp_path: Path) -> None:
    write_project(
        tmp_path,
        {
            "d2m/__init__.py": "",
            "d2m/core/__init__.py": "",
            "d2m/core/base.py": "class Base:\n    def reset(self): ...\n",
            "d2m/shapes.py": SHAPES.lstrip(),
            "tools/draw.py": "",
            "README.md": "`d2m/shapes.py`, `d2m/circles.py`, `d2m.core.base`, `d2m.core.top`",
            "docs/more.md": "`d2m.shapes.SIDES`, `d2m.shapes.Parent.reset`, `paint.py`",
        },
    )
    modules = parse(tmp_path, "d2m", "tools")
    assert broken(tmp_path, documents(tmp_path), modules) == [
        "README.md: d2m.core.top",
        "README.md: d2m/circles.py",
        "docs/more.md: paint.py",
    ]
    assert broken(tmp_path, written(modules), modules) == [
        "d2m.shapes:13: d2m.shapes.Square.volume",
        "d2m.shapes:15: d2m.shapes.circle",
    ]
