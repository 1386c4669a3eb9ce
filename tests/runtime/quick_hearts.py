"""Processes whose hearts beat twice as fast, for tests that wait again and again until a dead one is noticed.

`python -m tests.runtime.quick_hearts web PORT` is `tests.runtime.web`; anything else goes to `manage.py`.
All processes of a test must be of this kind: whoever beats at the usual pace would soon be thought dead.
"""

from __future__ import annotations

import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "designer.settings")

from runtime.store import heartbeat

FASTER = 2


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "tests.runtime.quick_hearts", *arguments]


def _quicken() -> None:
    """Before anything else imports the store: `database` takes the number of seconds by value."""
    heartbeat.HEARTBEAT_SECONDS /= FASTER
    heartbeat.FIRST_BEAT_SECONDS /= FASTER
    heartbeat.DEAD_SECONDS /= FASTER


def _main() -> None:
    _quicken()
    if sys.argv[1] == "web":
        from tests.runtime import web

        web.main(int(sys.argv[2]))
        return
    from django.core.management import execute_from_command_line

    execute_from_command_line(["manage.py", *sys.argv[1:]])


if __name__ == "__main__":
    _main()
