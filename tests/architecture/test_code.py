"""Code uses only public names of other modules, and every test asserts something."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.architecture.source import (
    ROOT,
    Function,
    Module,
    called_name,
    functions,
    parse,
    project,
    write_project,
)
from tests.conftest import LONGEST_FIRST, PAGE_TESTS, SHARING

PRIVATE = re.compile(r"_[A-Za-z0-9]\w*")
ALLOWED_PRIVATE = {
    "_asdict": "documented by `collections.namedtuple`",
    "_replace": "documented by `collections.namedtuple`",
    "_fields": "documented by `collections.namedtuple`",
    "_exit": "documented as `os._exit`",
    "_Hash": "the type of the objects of `hashlib`, for annotations",
    "_reset_state": "accelerate has no public way to forget the precision of a training",
    "_use_new_zipfile_serialization": "the only way to write the older format of `torch.save`",
}
"""Names with a leading underscore that may be used, and why."""
BY_TEXT = ("setattr", "getattr", "delattr", "hasattr", "patch", "object", "attrgetter")
"""Calls that reach an attribute by its name as text."""
ASSERTING = ("raises", "warns", "fail", "deprecated_call")


def is_private(name: str) -> bool:
    return bool(PRIVATE.fullmatch(name)) and name not in ALLOWED_PRIVATE


def private_access(module: Module) -> Iterator[str]:
    """Yield where a module reaches a private name of something else, with that name."""
    for node in module.nodes:
        if isinstance(node, ast.ImportFrom):
            names = [*(node.module or "").split("."), *(alias.name for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [part for alias in node.names for part in alias.name.split(".")]
        elif isinstance(node, ast.Attribute):
            own = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
            names = [] if own else [node.attr]
        elif isinstance(node, ast.keyword):
            names = [node.arg or ""]
        elif isinstance(node, ast.Call) and called_name(node) in BY_TEXT:
            texts = [a.value for a in node.args if isinstance(a, ast.Constant)]
            names = [text.split(".")[-1] for text in texts if isinstance(text, str)]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from (f"{module.at(node)} {name}" for name in access_in_text(node.value))
            continue
        else:
            continue
        yield from (f"{module.at(node)} {name}" for name in names if is_private(name))


def access_in_text(text: str) -> Iterator[str]:
    """Yield the private names that a program reaches which is written as a text."""
    if "import " not in text:
        return
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return
    inner = Module("text", Path(), text, tree)
    yield from (found.split()[-1] for found in private_access(inner))


def asserts(node: ast.AST) -> bool:
    """Return whether a piece of code asserts something itself."""
    return any(
        isinstance(part, ast.Assert)
        or (isinstance(part, ast.Call) and called_name(part) in ASSERTING)
        or (isinstance(part, ast.Call) and called_name(part).startswith("assert_"))
        for part in ast.walk(node)
    )


def asserting_functions(modules: Mapping[str, Module]) -> set[tuple[str, str]]:
    """Return the functions that assert something, themselves or by a call, with modules.

    Calls are followed by name: to functions and methods of the same module, and to those
    imported from another of the modules.
    """
    calls: dict[tuple[str, str], set[tuple[str, str]]] = {}
    found = set()
    for module in modules.values():
        imported = {
            alias.asname or alias.name: (node.module or "", alias.name)
            for node in module.nodes
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }
        for function in functions(module.tree):
            name = (module.name, function.name)
            called = {called_name(p) for p in ast.walk(function) if isinstance(p, ast.Call)}
            calls[name] = {imported.get(callee, (module.name, callee)) for callee in called}
            if asserts(function):
                found.add(name)
    while more := {name for name in calls.keys() - found if calls[name] & found}:
        found |= more
    return found


def collected_tests(modules: Mapping[str, Module]) -> Iterator[tuple[Module, Function]]:
    """Yield the tests in modules, as pytest finds them."""
    for module in modules.values():
        if not module.name.split(".")[-1].startswith("test_"):
            continue
        bodies = [module.tree.body]
        bodies += [
            node.body
            for node in module.tree.body
            if isinstance(node, ast.ClassDef) and node.name.startswith("Test")
        ]
        for body in bodies:
            for node in body:
                if isinstance(node, Function) and node.name.startswith("test"):
                    yield module, node


def without_assertion(modules: Mapping[str, Module]) -> list[str]:
    """Return the tests that can fail only by an exception."""
    asserting = asserting_functions(modules)
    return [
        f"{module.at(function)} {function.name}"
        for module, function in collected_tests(modules)
        if (module.name, function.name) not in asserting
    ]


def own_attributes(module: Module) -> set[str]:
    """Return the attributes that the classes of a module set on themselves."""
    return {
        node.attr
        for node in module.nodes
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    }


def test_modules_use_public_names_of_others_only() -> None:
    found = []
    for module in project("d2m", "app.py", "tools").values():
        own = own_attributes(module)
        found += [p for p in private_access(module) if p.split()[-1] not in own]
    assert not found, "\n".join(found)


def test_tests_use_public_names_only() -> None:
    found = [place for module in project("tests").values() for place in private_access(module)]
    assert not found, "\n".join(found)


def test_every_test_asserts_something() -> None:
    found = without_assertion(project("tests"))
    assert not found, "\n".join(found)


def test_groups_of_tests_exist() -> None:
    named = {*PAGE_TESTS, *SHARING, *LONGEST_FIRST} - {"page"}
    assert [start for start in sorted(named) if not [*ROOT.glob(f"{start}*")]] == []


REACHING = """
import os
from d2m.core.levels import ~HIDDEN, HIGH
import d2m.web.~inner
def helper(monkeypatch, worker, point):
    worker.~process.kill()
    monkeypatch.setattr(HIGH, "~hop", 3)
    monkeypatch.setattr("d2m.core.levels.~LOW", 3)
    return "from d2m.core import levels; print(levels.~LOW)"
class Mine:
    def __init__(self, point):
        self.~own = point.~replace(x=1).__class__
        os.~exit(0)
        point(~scale=2)
""".replace("~", "_")
"""Written with tildes, so that this text does not itself reach for private names."""


def test_reaching_for_private_names_is_found(tmp_path: Path) -> None:
    write_project(tmp_path, {"reaching.py": REACHING.lstrip()})
    (module,) = parse(tmp_path, "reaching.py").values()
    assert sorted(private_access(module), key=lambda place: int(re.findall(r"\d+", place)[0])) == [
        "reaching:2 _HIDDEN",
        "reaching:3 _inner",
        "reaching:5 _process",
        "reaching:6 _hop",
        "reaching:7 _LOW",
        "reaching:8 _LOW",
        "reaching:13 _scale",
    ]


CHECKS = """
def check(value):
    assert value
def indirect(value):
    check(value)
def idle(value):
    return value
"""
TESTS = """
import numpy as np, pytest
from tests.checks import idle, indirect as judged
def test_good(): judged(1)
def test_numbers(): np.testing.assert_array_equal(1, 1)
def test_error():
    with pytest.raises(ValueError):
        int("x")
def test_nothing(): idle(1)
class TestMore:
    def check(self): assert self
    def test_method(self): self.check()
    def test_only_runs(self): int("3")
def helper(): pass
"""


def test_tests_without_assertion_are_found(tmp_path: Path) -> None:
    write_project(
        tmp_path, {"tests/checks.py": CHECKS.lstrip(), "tests/test_it.py": TESTS.lstrip()}
    )
    assert without_assertion(parse(tmp_path, "tests")) == [
        "tests.test_it:8 test_nothing",
        "tests.test_it:12 test_only_runs",
    ]
