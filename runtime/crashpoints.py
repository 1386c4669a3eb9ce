"""Named moments at which a test can kill this process, to prove that nothing depends on surviving them.

`MILLRACE_CRASH_AT=journal.committed` ends the process the first time that point is passed,
`journal.committed:5` the fifth time. Without the variable a point costs one look into an empty dictionary.
"""

from __future__ import annotations

import os

POINTS = (
    "inbox.before",  # an arrival is about to be stored
    "inbox.committed",  # stored, not yet acknowledged
    "batch.before_commit",  # everything is written, nothing committed
    "journal.committed",  # rows are durable, their commands not yet executed
    "effect.before",  # announced, not yet called
    "effect.after",  # called, its result not yet journaled
    "claim.committed",  # a run is owned, nothing read yet
    "timer.fired",  # a due timer became an arrival
    "move.copied",  # a content lies in its new place, its row still names the old one
    "move.named",  # the row names the new place, the old copy is still there
    "run.ended",  # the last row is durable, nobody was told
)


def _armed() -> dict[str, int]:
    wanted = os.environ.get("MILLRACE_CRASH_AT", "")
    name, _, times = wanted.partition(":")
    if not name:
        return {}
    if name not in POINTS:
        raise ValueError(f"MILLRACE_CRASH_AT names {name!r}; the crash points are {', '.join(POINTS)}.")
    return {name: int(times or "1")}


_left = _armed()


def crash_point(name: str) -> None:
    """End this process without any clean-up when a test has armed this point."""
    if not _left or name not in _left:
        return
    _left[name] -= 1
    if _left[name] <= 0:
        os._exit(77)
