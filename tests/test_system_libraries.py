"""A job needs no library of the system beyond those of a small Python image."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.conftest import ROOT

IN_SMALL_IMAGES = (
    *("ld-linux", "libc.", "libm.", "libmvec", "libdl.", "librt.", "libpthread", "libutil"),
    *("libgcc_s", "libstdc++", "libz.", "libbz2", "liblzma", "libffi", "libssl", "libcrypto"),
    *("libuuid", "libexpat", "libsqlite3", "libreadline", "libtinfo", "libncurses", "libpython"),
    *("libnss", "libresolv", "libzstd"),
    "libfribidi",  # Pillow uses it where it is
)
"""Beginnings of the libraries that Python itself, or its image ``python:3.11-slim``, has."""
PROGRAM = """
import sys
from pathlib import Path
from d2m import HIGH, STUDIO, DanceToMusic, Settings

DanceToMusic().produce(sys.argv[1], (STUDIO, HIGH), Settings(), out=Path(sys.argv[2]))
print(Path("/proc/self/maps").read_text())
"""


@pytest.mark.e2e
@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="needs Linux")
def test_no_other_library_of_the_system_is_loaded_for_a_job(
    short_clip: Path, tmp_path: Path
) -> None:
    # MediaPipe brings an EGL of its own, which loads the drivers of graphics cards where there are
    # any.
    environment = {**os.environ, "__EGL_VENDOR_LIBRARY_DIRS": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(short_clip), str(tmp_path / "out")],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = {Path(line.split()[-1]) for line in done.stdout.splitlines() if ".so" in line}
    packages, python = Path(sysconfig.get_paths()["platlib"]), Path(sys.base_prefix)
    system = {
        path.name
        for path in paths
        if packages not in path.parents and python / "lib" not in path.parents
    }
    assert any(name.startswith("libc.") for name in system)
    assert any(path.name.startswith("cv2") for path in paths)
    assert [name for name in sorted(system) if not name.startswith(IN_SMALL_IMAGES)] == []
    assert list((tmp_path / "out").glob("*.zip"))
