"""Storage against a real folder."""

from __future__ import annotations

import os
import threading

import pytest

from connectors.builtin.storage import operations
from connectors.builtin.storage.folder import Folder, clean
from connectors.builtin.storage.manifest import connector
from connectors.builtin.storage.operations import StorageFolder, try_folder
from connectors.sdk import ConnectorError, envelope
from connectors.sdk.testing import context


@pytest.fixture
def call(tmp_path):
    def perform(operation_id, inputs, **connection):
        operation = connector.operation(operation_id)
        given = context(StorageFolder.parse(connection), folder=tmp_path / "tenant")
        result = operation(given, operation.inputs.parse(inputs))
        return result.dump()

    return perform


@pytest.mark.parametrize(
    "path,content,read",
    [
        ("a.txt", "grüß\n", "grüß\n"),
        ("deep/er/b.json", {"n": [1, 2.0]}, {"n": [1, 2.0]}),
        ("c.csv", "a,b\n", "a,b\n"),
        ("d.bin", envelope("image/png", b"\x00\xff"), envelope("application/octet-stream", b"\x00\xff")),
        ("e.png", envelope("image/png", b"\x89"), envelope("image/png", b"\x89")),
        ("broken.json", "{oops", envelope("application/octet-stream", b"{oops")),
        ("latin.txt", envelope("text/plain", b"\xff"), envelope("application/octet-stream", b"\xff")),
        ("noending", "x", envelope("application/octet-stream", b"x")),
    ],
)
def test_what_is_written_can_be_read(call, path, content, read):
    written = call("writeFile", {"path": path, "content": content})
    found = call("readFile", {"path": path})
    assert found["content"] == read
    assert found["size"] == written["size"]
    assert found["name"] == path.rpartition("/")[2]


def test_files_are_listed_by_name(call):
    for path in ("b.txt", "a.txt", "sub/c.txt"):
        call("writeFile", {"path": path, "content": "x"})
    listed = call("listFiles", {"path": ""})["files"]
    assert [(one["path"], one["isFolder"]) for one in listed] == [
        ("a.txt", False),
        ("b.txt", False),
        ("sub", True),
    ]
    everything = call("listFiles", {"path": "/", "recursive": "true"})["files"]
    assert [one["path"] for one in everything] == ["a.txt", "b.txt", "sub", "sub/c.txt"]
    assert [one["path"] for one in call("listFiles", {"path": "sub"})["files"]] == ["sub/c.txt"]
    assert len(call("listFiles", {"path": "", "maximum": 2})["files"]) == 2
    assert listed[0]["modified"].endswith("Z")


def test_an_untouched_folder_is_empty_not_missing(call):
    assert call("listFiles", {})["files"] == []
    with pytest.raises(ConnectorError) as caught:
        call("listFiles", {"path": "none"})
    assert caught.value.code == "NotFound"


def test_append_adds_lines_and_creates_the_file(call):
    call("appendToFile", {"path": "log/x.txt", "content": "one"})
    call("appendToFile", {"path": "log/x.txt", "content": {"two": 2}, "newLine": False})
    assert call("readFile", {"path": "log/x.txt"})["content"] == 'one\n{"two":2}'


def test_appending_at_once_loses_nothing(call):
    threads = [
        threading.Thread(target=call, args=("appendToFile", {"path": "l.txt", "content": str(n)}))
        for n in range(30)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = call("readFile", {"path": "l.txt"})["content"].splitlines()
    assert sorted(map(int, lines)) == list(range(30))


def test_delete_and_exists(call):
    call("writeFile", {"path": "a.txt", "content": ""})
    assert call("fileExists", {"path": "a.txt"})["exists"] is True
    assert call("deleteFile", {"path": "a.txt"})["deleted"] is True
    assert call("deleteFile", {"path": "a.txt"})["deleted"] is False
    assert call("fileExists", {"path": "a.txt"})["exists"] is False
    with pytest.raises(ConnectorError, match="There is no file"):
        call("readFile", {"path": "a.txt"})


def test_overwriting_can_be_forbidden(call):
    call("writeFile", {"path": "a.txt", "content": "1", "overwrite": False})
    with pytest.raises(ConnectorError, match="exists already") as caught:
        call("writeFile", {"path": "a.txt", "content": "2", "overwrite": False})
    assert caught.value.code == "Conflict"
    assert call("readFile", {"path": "a.txt"})["content"] == "1"


def test_a_connection_may_be_read_only_and_see_a_part(call):
    call("writeFile", {"path": "in/a.txt", "content": "x"})
    assert call("readFile", {"path": "a.txt"}, folder="in")["content"] == "x"
    with pytest.raises(ConnectorError, match="only read"):
        call("deleteFile", {"path": "a.txt"}, folder="in", readOnly=True)


@pytest.mark.parametrize(
    "path",
    [
        "../x",
        "a/../../x",
        "..",
        "a\\..\\..\\x",
        "C:\\x",
        "c:/x",
        "a\x00b",
        "a\nb",
        "/..",
        "x/" * 40 + "y",
        "n" * 300,
    ],
)
def test_a_path_that_leads_out_is_refused(path):
    with pytest.raises(ConnectorError) as caught:
        clean(path)
    assert caught.value.code == "BadRequest"


def test_a_path_has_one_spelling():
    assert clean("/a//./b.txt ") == "a/b.txt"
    assert clean("/etc/passwd") == "etc/passwd", "there is no way to name an absolute path"
    assert clean("..a/b..") == "..a/b.."


@pytest.mark.parametrize(
    "operation", ["readFile", "writeFile", "appendToFile", "deleteFile", "fileExists", "listFiles"]
)
def test_links_do_not_lead_out(call, tmp_path, operation):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("secret")
    (tmp_path / "tenant").mkdir()
    os.symlink(outside, tmp_path / "tenant" / "door")
    path = "door" if operation == "listFiles" else "door/secret.txt"
    with pytest.raises(ConnectorError, match="leads out"):
        call(operation, {"path": path, "content": "overwritten"})
    assert (outside / "secret.txt").read_text() == "secret"


def test_a_link_in_the_last_part_is_not_followed(call, tmp_path):
    (tmp_path / "tenant").mkdir()
    (tmp_path / "tenant" / "real.txt").write_text("x")
    os.symlink(tmp_path / "tenant" / "real.txt", tmp_path / "tenant" / "link.txt")
    with pytest.raises(ConnectorError, match="link"):
        call("readFile", {"path": "link.txt"})
    assert [one["path"] for one in call("listFiles", {})["files"]] == ["real.txt"]


def test_a_connections_folder_cannot_lead_out(call):
    with pytest.raises(ConnectorError, match="leads out"):
        call("listFiles", {}, folder="../other-tenant")


def test_a_file_that_is_too_large_is_refused(tmp_path):
    folder = Folder(tmp_path)
    folder.write("a", b"x" * 100, overwrite=True)
    with pytest.raises(ConnectorError, match="larger than 50 bytes"):
        folder.read("a", 50)
    with pytest.raises(ConnectorError, match="would become larger"):
        folder.append("a", b"x", 100)


def test_a_failed_write_leaves_no_traces(tmp_path, monkeypatch):
    folder = Folder(tmp_path)
    folder.write("a", b"old", overwrite=True)

    def broken(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", broken)
    with pytest.raises(OSError, match="No space"):
        folder.write("a", b"new", overwrite=True)
    assert os.listdir(tmp_path) == ["a"]
    assert (tmp_path / "a").read_bytes() == b"old"


async def test_the_test_button_says_what_it_saw(tmp_path):
    assert (
        await try_folder(context(StorageFolder(), folder=tmp_path))
        == "The folder can be read and written; it holds 0 entries."
    )
    assert os.listdir(tmp_path) == []


def test_choices_fill_the_fields(call, tmp_path):
    call("writeFile", {"path": "sub/a.txt", "content": "x"})
    given = context(StorageFolder(), folder=tmp_path / "tenant")
    assert operations.list_paths(given, None) == [("sub/a.txt", "sub/a.txt")]
    assert operations.list_folders(given, None) == [("sub", "sub")]


def test_the_tree_shows_one_folder_at_a_time_folders_first_and_finds_by_name(call, tmp_path):
    for path in ("b.txt", "sub/deep/Order 7.json", "sub/a.txt", "Zoo/x.txt"):
        call("writeFile", {"path": path, "content": "x"})
    given = context(StorageFolder.parse({}), folder=tmp_path / "tenant")
    listed = connector.operation("listEntries")

    def browse(**wanted):
        return listed(given, listed.inputs.parse(wanted))

    assert browse() == [("sub", "sub", True), ("Zoo", "Zoo", True), ("b.txt", "b.txt", False)]
    assert browse(folder="sub") == [("sub/deep", "deep", True), ("sub/a.txt", "a.txt", False)]
    assert browse(search="ORDER json") == [("sub/deep/Order 7.json", "Order 7.json", False)]
    with pytest.raises(ConnectorError, match="no folder 'gone'"):
        browse(folder="gone")
    with pytest.raises(ConnectorError):
        browse(folder="../..")
