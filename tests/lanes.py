"""`make test`: the whole suite. Browser tests mostly wait for Chromium and for a server of their own, so the pure ones (language,
engine, designer) run beside them; what measures, kills and restarts runs after both, alone.

`python -m tests.lanes`: all of it. `python -m tests.lanes tests/engine -k undo`: pytest with these arguments, as it is.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
SCREENS = ("tests/e2e",)
PURE = ("tests/language", "tests/engine", "tests/designer")


def others() -> list[str]:
    """Every other folder of tests, also those that somebody adds tomorrow."""
    tests = ROOT / "tests"
    folders = sorted({f"tests/{one.relative_to(tests).parts[0]}" for one in tests.rglob("test_*.py")})
    return [one for one in folders if one not in SCREENS + PURE] + ["connectors/builtin"]


def pytest(folders: list[str] | tuple[str, ...], output: IO[bytes] | None = None) -> subprocess.Popen[bytes]:
    # A folder of each lane's own: two processes would otherwise write one list of what failed.
    lane = folders[0].replace("/", "-")
    command = [sys.executable, "-m", "pytest", *folders, "-o", f"cache_dir=.pytest_cache/{lane}"]
    return subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT if output else None)


def counted(text: str) -> dict[str, int]:
    """What the last line of pytest counts: `{"passed": 120, "skipped": 4}`."""
    last = next(
        (line for line in reversed(text.splitlines()) if re.search(r"\d+ \w+.* in [\d.]+s", line)), ""
    )
    return {word: int(number) for number, word in re.findall(r"(\d+) ([a-z]+)", last.rsplit(" in ", 1)[0])}


def main() -> int:
    if sys.argv[1:]:
        return subprocess.call([sys.executable, "-m", "pytest", *sys.argv[1:]], cwd=ROOT)
    begun = time.monotonic()
    totals: dict[str, int] = {}
    codes: list[int] = []
    with (
        tempfile.TemporaryFile() as screens,
        tempfile.TemporaryFile() as pure,
        tempfile.TemporaryFile() as alone,
    ):
        beside = [(pytest(PURE, pure), pure, PURE), (pytest(SCREENS, screens), screens, SCREENS)]
        for process, output, folders in beside:
            codes.append(told(process, output, folders, totals))
        rest = others()
        codes.append(told(pytest(rest, alone), alone, rest, totals))
    minutes, seconds = divmod(round(time.monotonic() - begun), 60)
    counts = ", ".join(f"{number} {word}" for word, number in totals.items())
    print(f"\n== all tests: {counts} in {minutes}:{seconds:02d}", flush=True)
    return max(codes)


def told(
    process: subprocess.Popen[bytes],
    output: IO[bytes],
    folders: list[str] | tuple[str, ...],
    totals: dict[str, int],
) -> int:
    """Prints a lane as it goes on and adds what it counted."""
    print(f"\n== {' '.join(folders)}", flush=True)
    text = b""
    ended = False
    while not ended:
        ended = process.poll() is not None
        more = os.pread(output.fileno(), 1 << 20, len(text))
        text += more
        sys.stdout.buffer.write(more)
        sys.stdout.flush()
        if not more and not ended:
            time.sleep(0.5)
        ended = ended and not more
    for word, number in counted(text.decode(errors="replace")).items():
        totals[word] = totals.get(word, 0) + number
    return abs(process.returncode)


if __name__ == "__main__":
    sys.exit(main())
