"""JavaScript: the WDL `JavaScriptCode` action."""

from __future__ import annotations

from pathlib import Path

from connectors.builtin.javascript.operations import run_script
from connectors.sdk import Connector

connector = Connector(
    id="javascript",
    title="JavaScript",
    description="Run a small script of your own, without files and network.",
    color="#8a6d1f",
    icon=Path(__file__).with_name("icon.svg"),
    operations=(run_script,),
    category="Built-in",
    keywords=("code", "script"),
)
