from __future__ import annotations

import pytest

from connectors.builtin.liquid import operations
from connectors.sdk.testing import context


@pytest.fixture(scope="session", autouse=True)
def _close_processes():
    yield
    operations.inside().close()


@pytest.fixture
def render(tmp_path):
    """The body an operation gives for a template and content."""

    def call(template, content, operation=operations.transform_json_to_text, **members):
        place = tmp_path / "Artifacts" / "Maps"
        place.mkdir(parents=True, exist_ok=True)
        (place / "T.liquid").write_text(template)
        inputs = operation.inputs.parse({"content": content, "map": "T"})
        return operation(context(folder=tmp_path, **members), inputs)["body"]

    return call
