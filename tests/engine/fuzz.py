"""Definitions of nonsense, for as long as one likes, led by what they make the engine do.

    make fuzz                                     # ten minutes
    python -m tests.engine.fuzz --seconds 60

Atheris counts the branches that a definition reaches and goes on from those that reached new ones; the bytes it makes
are read as a definition by the strategy of `test_hostile.py`. It is no part of the development packages, since it is
not made for every machine (`pip install atheris`); without it Hypothesis draws at random. A definition that makes the
engine raise, hang for 30 seconds, or end without words is printed, and the exit code is not 0.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import sys
import tempfile
import time
from typing import Any

INSTRUMENTED = ["runtime.engine", "runtime.language"]


def main() -> None:
    parser = argparse.ArgumentParser(description="Definitions of nonsense against the engine.")
    parser.add_argument("--seconds", type=int, default=600)
    seconds = parser.parse_args().seconds
    logging.disable(logging.CRITICAL)
    atheris: Any = None
    with contextlib.suppress(ImportError):
        import atheris  # type: ignore[import-not-found,no-redef]
    if atheris is None:
        print("Atheris is not installed: Hypothesis draws at random.")
        _at_random(seconds)
        return
    with atheris.instrument_imports(include=INSTRUMENTED, enable_loader_override=False):
        from tests.engine import test_hostile
    one: Any = test_hostile.test_whole_definitions_of_nonsense
    options = [
        f"-max_total_time={seconds}",
        "-timeout=30",
        "-rss_limit_mb=2048",
        "-max_len=8192",
        "-len_control=0",
        f"-artifact_prefix={tempfile.gettempdir()}/millrace-",  # what it finds is no part of the project
    ]
    atheris.Setup([sys.argv[0], *options], one.hypothesis.fuzz_one_input)
    atheris.Fuzz()


def _at_random(seconds: int) -> None:
    from hypothesis import HealthCheck, given, settings

    from tests.engine.test_hostile import OUTCOMES, survive, wild

    until = time.monotonic() + seconds
    tried = 0
    while time.monotonic() < until:

        @settings(max_examples=500, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(definition=wild(), outcome=OUTCOMES)
        def try_some(definition: dict[str, Any], outcome: Any) -> None:
            if time.monotonic() < until:
                survive(definition, outcome)

        try_some()
        tried += 500
    print(f"At most {tried} definitions.")


if __name__ == "__main__":
    main()
