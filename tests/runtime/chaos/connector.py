"""A connector of the chaos test: one call that must not be repeated."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from connectors.sdk import Connector, Context, Field, Form, HttpRequest, action


class Asked(Form):
    """What is called, and for which key."""

    uri: str = Field(title="URI")
    key: str = Field(title="Key")


@action(
    "Call once",
    inputs=Asked,
    outputs=Asked,
    effect="write",
    at_most_once=True,
    needs_connection=False,
)
async def call_once(context: Context[Any], request: Asked) -> Asked:
    """Posts the key to the address; a crash in between must not make it post again."""
    body = json.dumps({"key": request.key}).encode()
    await context.network.send(
        HttpRequest("POST", request.uri, (("Content-Type", "application/json"),), body)
    )
    return request


connector = Connector(
    "chaos", "Chaos", "What must happen at most once.", "#000000",
    Path(__file__).parents[3] / "connectors" / "builtin" / "http" / "icon.svg", (call_once,),
)  # fmt: skip


def install(folder: Path) -> str:
    """A folder that makes the connector an installed package for whoever has it on the Python path."""
    package = folder / "chaos_connector-1.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: chaos-connector\nVersion: 1\n")
    (package / "entry_points.txt").write_text(
        "[millrace.connectors]\nchaos = tests.runtime.chaos.connector:connector\n"
    )
    return str(folder)
