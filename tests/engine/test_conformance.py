"""Definitions of other people with a mocked outside world, where the collection is at hand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHECK = ROOT.parent / "shared" / "conformance" / "check.py"


@pytest.mark.skipif(not CHECK.exists(), reason="the conformance collection is not beside the repository")
def test_runnable_definitions() -> None:
    command = f"{sys.executable} {ROOT / 'manage.py'}"
    done = subprocess.run(
        [sys.executable, str(CHECK), "runnable", "--millrace", command],
        capture_output=True,
        text=True,
        timeout=250,
    )
    assert done.returncode == 0, done.stdout + done.stderr
