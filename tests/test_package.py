"""The package itself: a cheap import, public names that resolve, and what a wheel holds."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
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


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Return the folder into which a wheel of the project was unpacked, as pip does.

    Beside it lies ``source``, from which the wheel was built.
    """
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    ignore = shutil.ignore_patterns("__pycache__", "published")
    for name in ("d2m", "examples"):
        shutil.copytree(ROOT / name, source / name, ignore=ignore)
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(ROOT / name, source)
    build = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"
    done = subprocess.run(
        [sys.executable, "-c", build, str(folder)],
        cwd=source,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "installed")
    return folder / "installed"


def test_a_wheel_holds_all_files_of_the_package_and_the_examples(installed):
    def files(folder):
        found = (path for path in folder.rglob("*") if path.is_file())
        kept = (path for path in found if not {"__pycache__", "published"} & {*path.parts})
        return {path.relative_to(folder) for path in kept}

    source, wheel = installed.parent / "source", files(installed / "d2m")
    assert files(source / "d2m") - wheel == set()
    assert {Path("examples") / path for path in files(source / "examples")} - wheel == set()
    (entries,) = installed.glob("*.dist-info/entry_points.txt")
    assert "d2m = d2m.__main__:main" in entries.read_text()


def test_an_installed_copy_finds_its_weights_and_examples_from_any_folder(installed, tmp_path):
    program = (
        "from d2m.__main__ import main; from d2m.web.examples import EXAMPLES, load_examples\n"
        "print(EXAMPLES, len(load_examples(EXAMPLES)))\n"
        "main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "weights", "list"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=True,
    )
    first, *listed = done.stdout.splitlines()
    assert first == f"{installed / 'd2m' / 'examples'} 3"
    assert listed[0].split()[:2] == ["compact", "installed"]


def test_the_dockerfile_copies_files_that_exist_and_pins_the_same_requirements():
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    copied = [word for line in re.findall(r"^COPY (.+)$", text, re.M) for word in line.split()[:-1]]
    assert {"requirements.txt", "requirements-headless.txt", "d2m", "examples"} == {*copied}
    context = (ROOT / ".dockerignore").read_text().splitlines()
    for name in copied:
        assert (ROOT / name).exists()
        assert f"!{name}" in context
    instructions = [line.split()[0] for line in text.splitlines() if re.match(r"[A-Z]+ ", line)]
    assert instructions[0] == "FROM"
    assert "USER" in instructions
    assert instructions.index("USER") > max(
        place for place, name in enumerate(instructions) if name in ("RUN", "COPY")
    )
    assert "HEALTHCHECK" in instructions
    assert "apt-get" not in text


def test_both_builds_of_opencv_have_one_version():
    def version(name, package):
        return re.search(rf"^{package}==(.+)$", (ROOT / name).read_text(), re.M)[1]

    with_windows = version("requirements.txt", "opencv-contrib-python")
    headless = version("requirements-headless.txt", "opencv-contrib-python-headless")
    assert with_windows == headless
