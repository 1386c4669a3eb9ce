"""In the canvas, too, imports go one way: pages → features → document → workflow | api; features never import features."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "frontend" / "src"
IMPORT = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*["'](\.[^"']+)["']""")

# What each room may import; a room that is not listed may not exist.
MAY_IMPORT = {
    "main": {"shell", "ui", "api", "pages"},
    "shell": {"shell", "pages", "features", "ui", "api", "document", "workflow"},
    "pages": {"pages", "features", "ui", "api", "document", "workflow", "shell"},
    "features": {"features", "ui", "api", "document", "workflow"},
    "document": {"document", "workflow", "api"},
    "workflow": {"workflow"},
    "api": {"api"},
    "ui": {"ui"},
    "assets": set(),
}


def room(path: Path) -> str:
    first = path.relative_to(SOURCE).parts[0]
    return first.split(".")[0]


def imports() -> Iterator[tuple[Path, Path]]:
    for path in SOURCE.rglob("*.ts*"):
        if ".test." in path.name or path.name.endswith(".d.ts") or "testing" in path.parts:
            continue
        for target in IMPORT.findall(path.read_text("utf-8")):
            yield path, (path.parent / target).resolve()


def test_rooms_import_only_what_stands_below_them() -> None:
    offenders = []
    for path, target in imports():
        if not target.is_relative_to(SOURCE):
            offenders.append(f"{path.relative_to(SOURCE)} → {target}")
        elif target != SOURCE and room(target) not in MAY_IMPORT.get(room(path), set()):
            offenders.append(f"{path.relative_to(SOURCE)} → {target.relative_to(SOURCE)}")
    assert not offenders


def test_features_never_import_features() -> None:
    offenders = [
        f"{path.relative_to(SOURCE)} → {target.relative_to(SOURCE)}"
        for path, target in imports()
        if room(path) == room(target) == "features"
        and path.relative_to(SOURCE).parts[1] != target.relative_to(SOURCE).parts[1]
    ]
    assert not offenders
