"""How much a tenant keeps: measured now and then, counted on in between.

Measuring walks the whole folder, so the sum is kept for a minute and what this process writes is added. Other
processes may write meanwhile; a quota is a fence, not an account.
"""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

from connectors.sdk import ConnectorError

BLOCK = 4_096  # what the smallest file takes
FRESH = 60.0

_lock = threading.Lock()
_measured: dict[Path, tuple[float, int]] = {}


def check(root: Path, quota: int | None, size: int, replaced: int = 0) -> None:
    """Count a file that is about to be written. ConnectorError when the tenant would keep more than it may.

    `size` is what it will have, `replaced` what it has now, both in bytes.
    """
    more = _counted(size) - (_counted(replaced) if replaced else 0)
    if quota is None or more <= 0:
        return
    with _lock:
        when, used = _measured.get(root, (0.0, 0))
        now = time.monotonic()
        # Before anything is refused, look again: files may have been deleted.
        if now - when > FRESH or root not in _measured or used + more > quota:
            when, used = now, _walk(root)
        if used + more > quota:
            raise ConnectorError(
                f"The files of this tenant would take {used + more:,} bytes; it may keep {quota:,}. Delete "
                "some, or ask the administrator for more space.",
                code="QuotaExceeded",
                status=507,
            )
        _measured[root] = (when, used + more)


def used(root: Path) -> int:
    """What is kept now, in bytes."""
    return _walk(root)


def _counted(size: int) -> int:
    return max(size, BLOCK)


def _walk(root: Path) -> int:
    used = 0
    waiting = [str(root)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    elif entry.is_file(follow_symlinks=False):
                        used += _counted(entry.stat(follow_symlinks=False).st_size)
        except FileNotFoundError:
            continue  # deleted meanwhile, or not made yet
    return used
