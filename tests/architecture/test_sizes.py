"""Modules, functions and the top of the package stay small."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tests.architecture.source import ROOT, Function, Module, functions, parse, project

MODULE_LINES, FUNCTION_LINES, ENTRIES = 299, 50, 16
"""The most lines of a module, of a function beside its docstring, and entries in `d2m`."""


def code_lines(function: Function) -> int:
    """Return the lines of a function from its ``def``, without its docstring."""
    lines = (function.end_lineno or 0) - function.lineno + 1
    first = function.body[0]
    value = getattr(getattr(first, "value", None), "value", None)
    if isinstance(value, str):
        lines -= (first.end_lineno or 0) - first.lineno + 1
    return lines


def too_long(modules: Iterable[Module]) -> list[str]:
    """Return the modules and functions that are longer than allowed, with their lines."""
    found = []
    for module in modules:
        lines = len(module.text.splitlines())
        if lines > MODULE_LINES:
            found.append(f"{module.name}: {lines}")
        for function in functions(module.tree):
            lines = code_lines(function)
            if lines > FUNCTION_LINES:
                found.append(f"{module.at(function)} {function.name}: {lines}")
    return found


def test_modules_and_functions_stay_small() -> None:
    found = too_long(project("d2m", "app.py", "tools").values())
    assert not found, "\n".join(found)


def test_the_package_has_few_entries() -> None:
    entries = {path.stem for path in (ROOT / "d2m").iterdir() if not path.name.startswith("__")}
    assert len(entries) <= ENTRIES, sorted(entries)


def test_long_modules_and_functions_are_found(tmp_path: Path) -> None:
    docstring = '    """First.\n\n    Last.\n    """\n'
    (tmp_path / "long.py").write_text("\n" * 300)
    (tmp_path / "whole.py").write_text("\n" * 299)
    (tmp_path / "one.py").write_text(f"def f():\n{docstring}" + "    x = 1\n" * 49)
    (tmp_path / "two.py").write_text("class C:\n  async def g(self):\n" + "    x = 1\n" * 50)
    modules = parse(tmp_path, "long.py", "whole.py", "one.py", "two.py")
    assert too_long(modules.values()) == ["long: 300", "two:2 g: 51"]
