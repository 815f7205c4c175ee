import fcntl
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from d2m.core.librosa_loader import LOCK_NAME, load_librosa


def test_everything_that_compiles_is_loaded():
    librosa = load_librosa()
    assert librosa.__name__ == "librosa"
    for part in ("beat", "onset", "feature", "util"):
        assert f"librosa.{part}" in sys.modules


@pytest.mark.slow
def test_one_process_at_a_time():
    lock_path = Path(tempfile.gettempdir()) / f"{os.getuid()}-{LOCK_NAME}"
    code = "from d2m.core.librosa_loader import load_librosa; load_librosa()"
    with lock_path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = subprocess.Popen([sys.executable, "-c", code])
        try:
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(timeout=8)
            fcntl.flock(lock, fcntl.LOCK_UN)
            assert process.wait(timeout=120) == 0
        finally:
            process.kill()
            process.wait()
