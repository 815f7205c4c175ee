"""The package itself: a cheap import, and public names that resolve."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import d2m

ROOT = Path(__file__).parents[1]


def test_importing_the_package_loads_no_other_module_of_it_and_no_numpy():
    code = "import sys, d2m; print(sorted(n for n in sys.modules if n[:4] in ('d2m.', 'nump')))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", d2m.__all__)
def test_public_names_resolve(name):
    value = getattr(d2m, name)
    assert value is not None
    if isinstance(value, type):
        assert value.__name__ == name
        assert value.__doc__


def test_public_names_are_the_objects_themselves():
    from d2m.core.errors import CheckpointError
    from d2m.core.levels import HIGH
    from d2m.pipeline import DanceToMusic

    assert d2m.DanceToMusic is DanceToMusic
    assert d2m.HIGH is HIGH
    assert issubclass(CheckpointError, d2m.D2MError)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Waltz'"):
        _ = d2m.Waltz


def test_the_version_is_that_of_the_project():
    version = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.M)
    assert version is not None
    assert d2m.__version__ == version[1]
