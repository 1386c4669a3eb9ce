"""The layout shows the architecture: what may stand at the top, what nothing may be called, how long a room may be."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOP_LEVEL = {
    "manage.py", "pyproject.toml", "README.md", "designer", "runtime", "connectors", "frontend", "static", "tests",
    "docker-compose.yml", "Makefile", "Dockerfile", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md",
}  # fmt: skip
BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "base", "core", "misc", "v2"}
MODULE_LINES = 600
FUNCTION_LINES = 80
EXEMPT_LINES = {"schema.d.ts"}


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout: the files that belong to the project cannot be told from others")
    return [Path(name) for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def python_sources() -> Iterator[tuple[Path, str]]:
    for path in tracked():
        if path.suffix == ".py" and "migrations" not in path.parts:
            yield path, (ROOT / path).read_text("utf-8")


def test_the_top_level_is_fixed() -> None:
    strangers = {p.parts[0] for p in tracked() if not p.parts[0].startswith(".")} - TOP_LEVEL
    assert not strangers


def test_no_room_has_a_name_that_says_nothing() -> None:
    offenders = [p for p in tracked() if BANNED_NAMES & {part.split(".")[0].lower() for part in p.parts}]
    assert not offenders


def test_modules_stay_readable_in_one_sitting() -> None:
    long = {}
    for path in tracked():
        if (
            path.suffix not in {".py", ".ts", ".tsx"}
            or path.name in EXEMPT_LINES
            or "migrations" in path.parts
        ):
            continue
        lines = (ROOT / path).read_text("utf-8").count("\n")
        if lines > MODULE_LINES:
            long[str(path)] = lines
    assert not long


def test_functions_stay_short() -> None:
    long = {}
    for path, text in python_sources():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > FUNCTION_LINES:
                    long[f"{path}:{node.lineno} {node.name}"] = length
    assert not long


def test_nothing_names_a_machine_or_a_registry_host() -> None:
    offenders = []
    forbidden = (
        "registry.npm" + "js.org",
        "files.python" + "hosted.org",
        "/ro" + "ot/",
        "/wo" + "rk/",
        "/ho" + "me/",
    )
    for path in tracked():
        if path.suffix in {".png", ".woff2", ".ico", ".zip"} or path.name == "LICENSE":
            continue
        text = (ROOT / path).read_text("utf-8", "replace")
        offenders += [f"{path}: {word}" for word in forbidden if word in text]
    assert not offenders


def test_every_room_has_a_chapter() -> None:
    for room in ("designer", "runtime", "connectors", "frontend", "static", "tests"):
        chapter = ROOT / room / "README.md"
        assert chapter.is_file(), f"{room}/README.md is missing: theory of operation, then dated decisions"
