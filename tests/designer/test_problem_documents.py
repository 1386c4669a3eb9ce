"""Whatever goes wrong, the answer is a problem document with a sentence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from designer import asgi
from designer.api import errors
from designer.workflows import pages, services
from tests.designer.conftest import Person, problem_of


def test_a_body_that_is_not_json(alice: Person):
    for body in ("{", "\xff", "[" * 100_000):
        answer = alice.client.post(alice.path("workflows"), body, content_type="application/json")
        problem_of(answer, 400, "BodyNotJson")


def test_a_body_that_is_no_object(alice: Person):
    answer = alice.client.post(alice.path("workflows"), "[]", content_type="application/json")
    problem_of(answer, 400, "FieldsInvalid")


HUGE = "9" * 5_000


def cursor(*values: str) -> str:
    return pages.encode_cursor(*values)


@pytest.mark.parametrize(
    "route",
    [
        f"runs?limit={HUGE}",
        f"inbox?limit={HUGE}",
        f"workflows?cursor={cursor('a', 'no id')}",
        f"workflows?sort=updatedAt&cursor={cursor('no date', str(uuid.UUID(int=1)))}",
        f"workflows/{{workflow}}/versions?cursor={cursor('9' * 30)}",
    ],
    ids=["runs", "inbox", "id", "date", "number"],
)
def test_what_a_query_says_is_too_much_or_nothing(route: str, alice: Person, workflow):
    problem_of(alice.get(route.format(workflow=workflow.pk)), 400, "FieldsInvalid")


def test_a_form_with_too_many_fields(alice: Person):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice.user)
    strict.cookies["millrace_csrf"] = "a" * 32
    body = "&".join(f"a{number}=1" for number in range(2_000))
    answer = strict.post(alice.path("workflows"), body, content_type="application/x-www-form-urlencoded")
    problem_of(answer, 400, "BadRequest")


def test_half_a_character_in_a_connection(alice: Person):
    half = {"host": "h", "from": "a@b.c", "password": "\ud800"}
    body = {"name": "m", "connector": "email", "parameters": half}
    assert "parameters" in problem_of(alice.post("connections", body), 400, "FieldsInvalid")["fieldErrors"]


async def test_a_body_beyond_the_limit_is_cut_and_the_rest_dropped(settings):
    """Django waits for the caller to leave while it answers, and takes more of a body for a fault."""
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 3
    waiting = [
        {"type": "http.request", "body": b"ab", "more_body": True},
        {"type": "http.request", "body": b"cdef", "more_body": True},
        {"type": "http.request", "body": b"ghi", "more_body": True},
        {"type": "http.request", "body": b"", "more_body": False},
        {"type": "http.disconnect"},
    ]

    async def receive():
        return waiting.pop(0)

    read = asgi._bounded(receive)
    assert [await read() for _ in range(3)] == [
        {"type": "http.request", "body": b"ab", "more_body": True},
        {"type": "http.request", "body": b"cd", "more_body": False},
        {"type": "http.disconnect"},
    ]


def test_another_content_type(alice: Person):
    answer = alice.client.post(alice.path("workflows"), "a=b", content_type="text/plain")
    problem_of(answer, 415, "UnsupportedMediaType")


def test_another_method(alice: Person):
    problem_of(alice.client.put(alice.path("workflows")), 405, "MethodNotAllowed")


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v1/t/acme/nothing", "/api/v2", "/ws/x"])
def test_an_unknown_address(path: str, alice: Person):
    problem_of(alice.client.get(path), 404, "NotFound")


def test_a_person_at_an_unknown_address_gets_the_page(nobody: Client):
    answer = nobody.get("/nothing/here", headers={"Accept": "text/html"})
    assert answer.status_code in {404, 503}
    assert answer["Content-Type"].startswith("text/html")


def test_a_name_we_do_not_go_by(alice: Person, settings):
    settings.ALLOWED_HOSTS = ["localhost"]
    answer = alice.client.get(alice.path("workflows"), headers={"Host": "evil.example"})
    problem_of(answer, 400, "BadRequest")


def test_a_defect_is_logged_and_told_without_its_inside(alice: Person, monkeypatch, caplog):
    def broken(*args: object, **options: object) -> None:
        raise RuntimeError("inside information")

    monkeypatch.setattr(services, "create", broken)
    alice.client.raise_request_exception = False
    document = problem_of(alice.post("workflows", {"name": "x"}), 500, "InternalError")
    assert "inside" not in json.dumps(document)
    assert document["requestId"] in document["detail"]
    assert "inside information" in caplog.text


def test_every_row_of_the_table_has_a_status_and_a_title():
    for error, row in errors.TABLE.items():
        assert 400 <= row.status < 500 or row.code == "ServiceUnavailable", error
        assert row.code.isidentifier()
        assert row.title[0].isupper()


def test_answers_are_not_for_other_pages(alice: Person):
    answer = alice.get("workflows")
    assert "default-src 'self'" in answer["Content-Security-Policy"]
    assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_the_log_never_shows_a_signature():
    import logging

    from designer.middleware import HideSignature

    record = logging.LogRecord("x", 20, "", 0, "GET %s", ("/a?sp=1&sig=SECRET&x=2",), None)
    assert HideSignature().filter(record)
    assert record.getMessage() == "GET /a?sp=1&sig=…&x=2"


def test_no_page_frames_ours_and_no_script_comes_from_elsewhere(client: Client, settings: Any):
    settings.SECURE_HSTS_SECONDS = 600  # as where the public address is https
    answer = client.get("/", secure=True)
    policy = dict(one.strip().split(" ", 1) for one in answer["Content-Security-Policy"].split(";"))
    assert policy["script-src"] == policy["default-src"] == policy["connect-src"] == "'self'"
    for barred in ("frame-ancestors", "object-src", "base-uri"):
        assert policy[barred] == "'none'"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Strict-Transport-Security"] == "max-age=600"
    assert answer["Referrer-Policy"] == answer["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.parametrize(
    "address, secure", [("https://flows.example", True), ("http://flows.example", False)]
)
def test_a_public_address_with_https_is_kept_to(address: str, secure: bool, tmp_path: Path):
    """Cookies and the promise to come back over https only: as the process finds them when it starts."""
    names = ("SECURE_HSTS_SECONDS", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE")
    asked = f"from designer import settings as s; print(*(getattr(s, name) for name in {names!r}))"
    told = {**os.environ, "MILLRACE_PUBLIC_URL": address, "MILLRACE_DATA": str(tmp_path)}
    said = subprocess.run([sys.executable, "-c", asked], env=told, capture_output=True, text=True, check=True)
    assert said.stdout.split() == (["31536000", "True", "True"] if secure else ["0", "False", "False"])
