"""Migrations of an application are one line: two with the same number stop every process before it starts."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = sorted(
    path.parent for path in ROOT.glob("[!.]*/**/migrations/__init__.py") if "node_modules" not in path.parts
)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(ROOT)))
def test_every_number_is_given_once(folder: Path) -> None:
    numbers = Counter(path.name[:4] for path in folder.glob("[0-9]*.py"))
    assert max(numbers.values()) == 1, numbers


def test_the_folders_are_found() -> None:
    assert ROOT / "runtime" / "migrations" in FOLDERS
