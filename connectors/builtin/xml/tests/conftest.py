from __future__ import annotations

import pytest

from connectors.builtin.xml import operations
from connectors.sdk.testing import context


@pytest.fixture(scope="session", autouse=True)
def _close_processes():
    yield
    operations.inside().close()


@pytest.fixture
def tenant(tmp_path):
    """Puts artifacts into the tenant's folder and calls operations there."""

    def put(kind, **files):
        for name, text in files.items():
            place = tmp_path / "Artifacts" / kind / name.replace("__", ".")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(text if isinstance(text, bytes) else text.encode())

    def call(operation, inputs, **members):
        return operation(context(folder=tmp_path, **members), operation.inputs.parse(inputs))

    call.put = put
    call.folder = tmp_path
    return call
