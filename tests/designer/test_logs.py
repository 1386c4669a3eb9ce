"""Log lines that programs read, and what never stands in one."""

from __future__ import annotations

import json
import logging
import uuid

from django.test import RequestFactory

from designer.logs import JsonLine
from designer.middleware import HideSignature
from tests.designer.test_commands import ROOT, millrace


def record(message: str, *given: object, **more: object) -> logging.LogRecord:
    made = logging.LogRecord("runtime.host", logging.ERROR, "x.py", 1, message, given, None)
    made.__dict__.update(more)
    return made


def test_a_line_is_one_object_with_the_run_it_is_about() -> None:
    run = uuid.uuid4()
    line = JsonLine().format(record("Run %s made the engine fail\nbadly", run))
    assert "\n" not in line
    told = json.loads(line)
    assert (told["level"], told["logger"], told["run"]) == ("error", "runtime.host", str(run))
    assert "run" not in json.loads(JsonLine().format(record("Nothing to do with one")))


def test_the_request_is_named() -> None:
    request = RequestFactory().get("/")
    request.request_id = "r-1"  # type: ignore[attr-defined]
    assert json.loads(JsonLine().format(record("refused", request=request)))["requestId"] == "r-1"


def test_a_signature_is_cut_out_before_a_line_is_written() -> None:
    entry = record("GET /workflows/1/triggers/manual/paths/invoke?sp=x&sig=%s&a=b", "S3cret-_x")
    assert HideSignature().filter(entry)
    line = JsonLine().format(entry)
    assert "S3cret" not in line
    assert "a=b" in line


def test_the_setting_chooses_the_form() -> None:
    script = "import logging; logging.getLogger('designer').warning('called with sig=%s', 'hidden')"
    assert (ROOT / "manage.py").exists()
    said = millrace("shell", "--command", script, MILLRACE_LOG="json").stderr.strip().splitlines()[-1]
    assert json.loads(said)["message"] == "called with sig=…"
    assert "hidden" not in said
