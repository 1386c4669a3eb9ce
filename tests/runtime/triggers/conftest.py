from __future__ import annotations

from collections.abc import Iterator

import pytest

from designer.api import callbacks
from designer.readers import Readers
from designer.workflows.doors import Targets
from tests.runtime.triggers.outsider import Outsider


@pytest.fixture
def outsider() -> Iterator[Outsider]:
    server = Outsider()
    yield server
    server.close()


@pytest.fixture(autouse=True)
def private_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MILLRACE_PRIVATE_ADDRESSES", "allow")


@pytest.fixture(autouse=True)
def fresh_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The threads of the public addresses keep their connections; each module has a database of its own."""
    monkeypatch.setattr(callbacks, "_readers", Readers("callbacks", 2))
    monkeypatch.setattr(callbacks, "_targets", Targets(callbacks._find))
