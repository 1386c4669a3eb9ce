"""`millrace eval`: one expression, and batches whose slow requests do not hold back the others."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from runtime.management.commands import eval as command

ROOT = Path(__file__).parent.parent.parent


def millrace(*arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "eval", *arguments],
        input=text, capture_output=True, text=True, encoding="utf-8", check=False, timeout=120,
    )  # fmt: skip


def test_one_expression(tmp_path: Path) -> None:
    context = tmp_path / "context.json"
    context.write_text('{"variables": {"n": 2.0}}')
    done = millrace("@createArray(variables('n'), 'é', null)", "--context", str(context))
    assert (done.returncode, done.stdout) == (0, '[2.0,"é",null]\n')
    failed = millrace("@add(1")
    assert failed.returncode == 1
    assert "expected token 'RightParenthesis'" in failed.stderr


def test_batch() -> None:
    requests = [
        {"id": 1, "expression": "@concat('a\u2028', json('NaN'))"},
        {"id": "x", "expression": "@add(1, 2.0)"},
        {"id": [3], "expression": "@nope()"},
        {"id": 4, "expression": "@int('x')"},
        {"id": 5, "expression": "@utcNow()", "context": {"now": "2024-01-01T00:00:00Z"}},
        {"id": 6, "expression": "@item()", "context": {"item": {"a": 1}}},
        {"id": 7},
    ]
    lines = "".join(json.dumps(request) + "\n" for request in requests) + "no json\n"
    done = millrace("--batch", text=lines)
    answers = {json.dumps(a["id"]): a for a in map(json.loads, done.stdout.strip().split("\n"))}
    assert done.returncode == 0
    assert answers["1"]["value"] == "a\u2028NaN"
    assert '"value":3.0' in done.stdout
    assert answers["[3]"]["error"]["phase"] == "parse"
    assert answers["4"]["error"]["phase"] == "evaluate"
    assert answers["5"]["value"] == "2024-01-01T00:00:00.0000000Z"
    assert answers["6"]["value"] == {"a": 1}
    assert answers["7"]["error"]["code"] == answers["null"]["error"]["code"] == "InvalidRequest"


@pytest.mark.skipif(sys.platform == "win32", reason="the replaced function reaches the workers by fork")
def test_a_hanging_request_is_ended_and_the_others_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    ordinary = command.answer

    def answer(line: str) -> str:
        while '"hang"' in line:
            pass
        if '"die"' in line:
            import os

            os._exit(3)
        return ordinary(line)

    monkeypatch.setattr(command, "answer", answer)
    monkeypatch.setattr(command, "SECONDS", 1.0)
    lines = [json.dumps({"id": name, "expression": "@add(1, 1)"}) for name in ("hang", "die", *"abcdef")]
    pool = command.Pool(2)
    try:
        answers: dict[str, Any] = {a["id"]: a for a in map(json.loads, pool.answers(lines))}
    finally:
        pool.close()
    assert answers["hang"]["error"]["code"] == "EvaluationTimeout"
    assert answers["die"]["error"]["code"] == "EvaluationFailed"
    assert all(answers[name]["value"] == 2 for name in "abcdef")
