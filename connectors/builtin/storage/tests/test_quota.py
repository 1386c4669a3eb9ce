"""A tenant keeps no more than it may."""

from __future__ import annotations

import pytest

from connectors.builtin.storage import quota
from connectors.builtin.storage.manifest import connector
from connectors.builtin.storage.operations import StorageFolder
from connectors.sdk import ConnectorError
from connectors.sdk.testing import context


@pytest.fixture
def write(tmp_path):
    def perform(path, size, operation="writeFile", folder="", allowed=100_000):
        found = connector.operation(operation)
        given = context(StorageFolder(folder=folder), folder=tmp_path, quota=allowed)
        return found(given, found.inputs.parse({"path": path, "content": "x" * size}))

    return perform


def test_what_would_be_too_much_is_refused_and_nothing_is_written(write, tmp_path):
    write("a", 60_000)
    with pytest.raises(ConnectorError) as caught:
        write("b", 60_000)
    assert caught.value.code == "QuotaExceeded"
    assert "would take 120,000 bytes; it may keep 100,000" in caught.value.message
    assert not (tmp_path / "b").exists()


def test_what_is_replaced_or_deleted_makes_room(write, tmp_path):
    write("a", 60_000)
    write("a", 90_000)
    (tmp_path / "a").unlink()
    write("b", 90_000)


def test_all_connections_of_a_tenant_count_together(write):
    write("a", 60_000, folder="one")
    with pytest.raises(ConnectorError):
        write("a", 60_000, folder="two")


def test_appending_counts_too(write):
    write("log", 60_000, "appendToFile")
    with pytest.raises(ConnectorError):
        write("log", 60_000, "appendToFile")


def test_many_small_files_count(write):
    for number in range(24):
        write(f"f{number}", 1)
    with pytest.raises(ConnectorError):
        write("f24", 1)


def test_without_a_quota_nothing_is_measured(write, monkeypatch):
    monkeypatch.setattr(quota, "_walk", lambda root: pytest.fail("measured"))
    write("a", 200_000, allowed=None)


def test_the_sum_is_kept_for_a_while(write, monkeypatch):
    seen = []
    walk = quota._walk
    monkeypatch.setattr(quota, "_walk", lambda root: seen.append(root) or walk(root))
    for number in range(5):
        write(f"f{number}", 10)
    assert len(seen) == 1
