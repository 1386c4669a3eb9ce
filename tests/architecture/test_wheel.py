"""What people install: the wheel carries the canvas and `manage`, leaves the tests out, and starts from an empty environment."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MANIFEST = ROOT / "static" / ".vite" / "manifest.json"
SOURCES = (
    "designer",
    "runtime",
    "connectors",
    "static",
    "frontend/wheel.py",
    "manage.py",
    "README.md",
    "LICENSE",
    "pyproject.toml",
)


def build(source: Path, output: Path) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        str(output),
        str(source),
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not MANIFEST.is_file():
        pytest.skip("the canvas is not built (make setup builds it)")
    output = tmp_path_factory.mktemp("dist")
    done = build(ROOT, output)
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = output.glob("*.whl")
    return made


def test_the_wheel_carries_the_canvas_and_the_command_and_no_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "manage.py" in names
    assert "static/.vite/manifest.json" in names
    assert any(n.startswith("static/assets/") and n.endswith(".js") for n in names)
    assert any(n.startswith("designer/templates/") for n in names)
    assert any(n.endswith("icon.svg") for n in names)
    assert not [n for n in names if "/tests/" in n or n.startswith(("tests/", "frontend/"))]


def test_a_wheel_without_the_canvas_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for name in SOURCES:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns(".vite", "assets", "__pycache__")
            shutil.copytree(ROOT / name, source / name, ignore=ignored)
        else:
            (source / name).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / name, source / name)
    done = build(source, tmp_path / "dist")
    assert done.returncode != 0
    assert "The canvas is not built" in done.stdout + done.stderr


@pytest.mark.slow
def test_millrace_starts_from_the_wheel_in_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    environment = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True, timeout=120)
    binaries = environment / "bin"
    install = [
        str(binaries / "python"),
        "-m",
        "pip",
        "install",
        "-q",
        "-c",
        str(ROOT / ".constraints.txt"),
        str(wheel),
    ]
    subprocess.run(install, check=True, timeout=600)
    variables = {k: v for k, v in os.environ.items() if not k.startswith(("MILLRACE_", "DJANGO_"))}
    started = subprocess.Popen(
        [str(binaries / "millrace"), "up", "--port", "0", "--data", str(tmp_path / "data")],
        cwd=tmp_path, env=variables | {"PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        address = _address(started)
        with urllib.request.urlopen(address, timeout=20) as page:
            body = page.read().decode()
        assert page.status == 200
        assert "/static/assets/" in body
    finally:
        started.send_signal(signal.SIGINT)
        assert started.wait(timeout=30) == 0


def _address(process: subprocess.Popen[str]) -> str:
    """The first http address that the process prints."""
    assert process.stdout is not None
    seen = []
    for line in process.stdout:
        seen.append(line)
        for word in line.split():
            if word.startswith("http://"):
                return word.split("/setup")[0]
    raise AssertionError("no address was printed:\n" + "".join(seen))
