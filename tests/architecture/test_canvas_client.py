"""The canvas's client is generated from the OpenAPI file, which a test of the designer keeps equal to the code."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from runtime.targets import MAPPED

FRONTEND = Path(__file__).resolve().parents[2] / "frontend"
GENERATOR = FRONTEND / "node_modules" / "openapi-typescript" / "bin" / "cli.js"


def test_the_generated_client_is_the_one_that_is_committed(tmp_path: Path) -> None:
    node = Path(sys.executable).with_name("node")
    if not (GENERATOR.exists() and node.exists()):
        pytest.skip("the canvas's packages are not installed (make setup)")
    made = tmp_path / "schema.d.ts"
    environment = os.environ | {"PATH": f"{node.parent}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run(
        [str(node), str(GENERATOR), "openapi.json", "-o", str(made)],
        cwd=FRONTEND, env=environment, check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    assert made.read_text("utf-8") == (FRONTEND / "src" / "api" / "schema.d.ts").read_text("utf-8"), (
        "run `make api`"
    )


def test_the_canvas_knows_whose_work_our_connectors_do() -> None:
    """What pasting puts in the place of a connection of Azure's is what the executor runs it with."""
    source = (FRONTEND / "src/workflow/remapping.ts").read_text("utf-8")
    table = re.search(r"COUNTERPARTS[^=]*= \{(.*?)\};", source, re.DOTALL)
    assert table is not None
    known = dict(re.findall(r'(\w+): "(\w+)"', table[1]))
    assert known == {api: mapped.connector for mapped in MAPPED for api in mapped.api}
