"""Importing what lies at an address: fetched by the server, under the rules of the way out."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from designer.workflows import fetching
from tests.designer.conftest import REQUEST_DEFINITION, Person, problem_of

pytestmark = pytest.mark.django_db

PAGES: dict[str, tuple[int, dict[str, str], bytes]] = {
    "/orders.json": (200, {}, REQUEST_DEFINITION.encode()),
    "/moved": (302, {"Location": "/orders.json"}, b""),
    "/round": (302, {"Location": "/round"}, b""),
    "/to-metadata": (302, {"Location": "http://169.254.169.254/latest/meta-data"}, b""),
    "/to-a-file": (302, {"Location": "file:///etc/passwd"}, b""),
    "/page": (200, {"Content-Type": "text/html"}, b"\n<!DOCTYPE html><html></html>"),
    "/private": (403, {}, b""),
    "/big": (200, {}, b'{"a": "' + b"x" * 3_000_000 + b'"}'),
    "/words": (200, {}, b"hello"),
}


class Files(BaseHTTPRequestHandler):
    asked: list[tuple[str, dict[str, str]]] = []

    def do_GET(self) -> None:
        Files.asked.append((self.path, dict(self.headers.items())))
        status, headers, body = PAGES.get(self.path, (404, {}, b""))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing on the console."""


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("MILLRACE_PRIVATE_ADDRESSES", "allow")
    Files.asked.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Files)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def refused(person: Person, url: str) -> str:
    document = problem_of(person.post("workflows/import-url", {"url": url}), 400, "FieldsInvalid")
    return str(document["fieldErrors"]["url"][0])


@pytest.mark.parametrize("path", ["/orders.json", "/moved", "/orders.json#part"])
def test_a_definition_becomes_a_workflow(bob: Person, files: str, path: str):
    response = bob.post("workflows/import-url", {"url": f" {files}{path} "})
    assert response.status_code == 201, response.content
    (made,) = response.json()["workflows"]
    assert bob.tenant.workflows.get(pk=made["id"]).draft_text == REQUEST_DEFINITION
    assert made["name"] == "orders"
    sent = {name.lower() for _, headers in Files.asked for name in headers}
    assert not sent & {"cookie", "authorization", "x-csrftoken"}


@pytest.mark.parametrize(
    "path,words",
    [
        ("/nothing", "there is no file at this address"),
        ("/private", "not public"),
        ("/page", "a web page"),
        ("/round", "redirects more than"),
        ("/to-metadata", "never allowed"),
        ("/to-a-file", "begins with https://"),
    ],
)
def test_what_went_wrong_is_said(bob: Person, files: str, path: str, words: str):
    assert words in refused(bob, files + path)
    assert bob.tenant.workflows.count() == 0


@pytest.mark.parametrize("url", ["ftp://a.example/x", "orders.json", "http://", "http://a:b:c/"])
def test_what_is_no_address_is_never_asked(bob: Person, files: str, url: str):
    refused(bob, url)
    assert Files.asked == []


def test_private_addresses_are_refused_where_the_installation_says_so(
    bob: Person, files: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("MILLRACE_PRIVATE_ADDRESSES", "refuse")
    assert "not allowed here" in refused(bob, f"{files}/orders.json")
    assert Files.asked == []


def test_size_and_time_are_bounded(bob: Person, files: str, settings, monkeypatch: pytest.MonkeyPatch):
    settings.IMPORT_SIZE_LIMIT = 1_000_000
    assert "larger than" in refused(bob, f"{files}/big")
    monkeypatch.setattr(fetching, "SECONDS", 0.0)
    assert "within" in refused(bob, f"{files}/orders.json")


def test_what_is_there_must_be_a_definition(bob: Person, files: str):
    response = bob.post("workflows/import-url", {"url": f"{files}/words"})
    assert response.status_code == 422
    assert "cannot be imported" in json.loads(response.content)["detail"]


def test_a_viewer_makes_the_server_fetch_nothing(viewer: Person, files: str):
    url = f"{files}/orders.json"
    problem_of(viewer.post("workflows/import-url", {"url": url}), 403, "PermissionRefused")
    assert Files.asked == []


def test_the_page_of_a_file_on_github_leads_to_the_file():
    page = "https://github.com/o/r/blob/main/a/b.json"
    raw = fetching._GITHUB_PAGE.sub(r"https://raw.githubusercontent.com/\1/\2/\3", page)
    assert raw == "https://raw.githubusercontent.com/o/r/main/a/b.json"
