"""What the READMEs show is run: Python blocks as they stand, console lines against what they print below."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# tests/connectors runs the blocks of its own chapter: they need a folder to stand in.
CHAPTERS = ["runtime/README.md", "runtime/engine/README.md", "designer/README.md", "frontend/README.md"]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_python_blocks_run_in_order(chapter: str) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / chapter).read_text("utf-8"), re.DOTALL)
    program = "import django; django.setup()\n" + "\n".join(blocks)
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"DJANGO_SETTINGS_MODULE": "designer.settings", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def console_lines() -> list[tuple[str, str]]:
    """Commands that a reader can run anywhere, with the output printed below them."""
    blocks = re.findall(r"```console\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    pairs = [block.removeprefix("$ ").partition("\n")[::2] for block in blocks]
    return [(command, output) for command, output in pairs if command.startswith(".venv/bin/millrace")]


@pytest.mark.parametrize("command,output", console_lines())
def test_console_lines_print_what_stands_below_them(command: str, output: str) -> None:
    words = [sys.executable, str(ROOT / "manage.py"), *shlex.split(command)[1:]]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == output


def test_every_link_of_every_chapter_leads_somewhere() -> None:
    dead = []
    for path in [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        *ROOT.glob("*/README.md"),
        *ROOT.glob("*/*/README.md"),
    ]:
        if "node_modules" in path.parts or ".venv" in path.parts:
            continue
        for target in re.findall(r"\]\(([^)#]+)\)", path.read_text("utf-8")):
            if "://" not in target and not (path.parent / target).exists():
                dead.append(f"{path.relative_to(ROOT)} → {target}")
    assert not dead
