"""HTTP: the WDL `Http` action and everything that is an HTTP request underneath."""

from __future__ import annotations

from pathlib import Path

from connectors.builtin.http.operations import send_request
from connectors.sdk import Connector

connector = Connector(
    id="http",
    title="HTTP",
    description="Call any address on the web or in your network.",
    color="#2f6f8f",
    icon=Path(__file__).with_name("icon.svg"),
    operations=(send_request,),
    category="Built-in",
    keywords=("rest", "api", "web"),
)
