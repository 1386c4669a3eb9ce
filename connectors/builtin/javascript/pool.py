"""Waiting child processes, so that a script does not pay for the start of an interpreter."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

from connectors.sdk import isolation

SANDBOX = Path(__file__).with_name("sandbox.py")
_library = find_spec("_quickjs")
LIBRARIES = Path(_library.origin).parent if _library and _library.origin else Path()


class Pool(isolation.Pool):
    """Processes of the sandbox; each runs one script."""

    def __init__(self, size: int, cpu_seconds: int) -> None:
        super().__init__(
            [sys.executable, "-I", "-S", "-B", str(SANDBOX), str(LIBRARIES), str(cpu_seconds)], size
        )
