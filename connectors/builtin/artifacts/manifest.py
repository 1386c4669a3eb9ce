"""Artifacts: the WDL action `IntegrationAccountArtifactLookup`."""

from __future__ import annotations

from pathlib import Path

from connectors.builtin.artifacts.operations import look_up_artifact
from connectors.sdk import Connector

connector = Connector(
    id="artifacts",
    title="Artifacts",
    description="Look up maps, schemas, partners and agreements of yours.",
    color="#5a6b3c",
    icon=Path(__file__).with_name("icon.svg"),
    operations=(look_up_artifact,),
    category="Data",
    keywords=("integration account", "b2b"),
)
