"""Artifacts are files of the tenant."""

from __future__ import annotations

import pytest

from connectors.builtin.artifacts.operations import Lookup, look_up_artifact
from connectors.sdk import ConnectorError, FormError
from connectors.sdk.testing import context


@pytest.fixture
def look_up(tmp_path):
    for place, text in {
        "Maps/Sum.xslt": "<x/>",
        "Schemas/Order.xsd": "\ufeff<schema/>",
        "Agreements/Contoso.json": '{"properties": {"hostPartner": "Me"}}',
        "Partners/Fabrikam.json": '{"qualifier": "ZZ"}',
        "Partners/Broken.json": "{",
    }.items():
        path = tmp_path / "Artifacts" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def call(kind, name):
        inputs = Lookup.parse({"artifactType": kind, "artifactName": name})
        return look_up_artifact(context(folder=tmp_path), inputs).dump()

    return call


@pytest.mark.parametrize(
    "kind,name,properties",
    [
        ("Map", "sum", {"content": "<x/>", "contentType": "application/xml"}),
        ("schema", "Order.xsd", {"content": "<schema/>", "contentType": "application/xml"}),
        ("agreement", "Contoso", {"hostPartner": "Me"}),
        ("Partner", "Fabrikam", {"qualifier": "ZZ"}),
    ],
)
def test_artifacts_are_found_by_name(look_up, kind, name, properties):
    found = look_up(kind, name)
    assert found["properties"] == properties
    assert found["name"].lower() == name.lower().removesuffix(".xsd")


def test_what_is_missing_or_broken_is_told(look_up):
    with pytest.raises(
        ConnectorError, match=r"no agreement 'Nobody' .*'Artifacts/Agreements' .*'Nobody.json'"
    ):
        look_up("Agreement", "Nobody")
    with pytest.raises(ConnectorError, match=r"'Broken\.json' is not JSON"):
        look_up("Partner", "Broken")
    with pytest.raises(FormError, match="Kind must be one of"):
        look_up("Certificate", "x")
