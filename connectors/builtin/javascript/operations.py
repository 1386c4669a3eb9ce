"""JavaScript of the author, run in isolation (reference 6.20)."""

from __future__ import annotations

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from connectors.sdk import Answer, ConnectorError, Context, Field, Form, Json, action
from connectors.sdk.isolation import Nursery

SECONDS = 15  # reference 6.20, Standard
CODE_LENGTH = 100_000
RESULT_LIMIT = 16_000_000
SANDBOX = Path(__file__).with_name("sandbox.py")
_library = find_spec("_quickjs")
LIBRARIES = Path(_library.origin).parent if _library and _library.origin else Path()


class RunScript(Form):
    """A script."""

    code: str = Field(title="Code", important=True, editor="code", editor_options={"language": "javascript"},
                      max_length=CODE_LENGTH)  # fmt: skip
    explicit_dependencies: Any = Field(
        None,
        title="Dependencies",
        advanced=True,
        description="Actions that the code reads in a computed way.",
    )
    workflow_context: Any = Field(None, title="Context", hidden=True)


class ScriptResult(Form):
    """What the script returned."""

    body: Any = Field(None, title="Result")


@cache
def nursery() -> Nursery:
    return Nursery(SANDBOX, str(LIBRARIES), str(SECONDS))


@action(
    "Run JavaScript",
    inputs=RunScript,
    outputs=ScriptResult,
    effect="none",
    whole_outputs=True,
    category="Code",
    keywords=("code", "script", "javascript", "inline", "transform", "function"),
    needs_connection=False,
)
def run_script(context: Context[None], script: RunScript) -> Answer:
    """Runs a script that reads `workflowContext` and returns a value. It has no files and no network."""
    seconds = max(1, int(context.remaining(SECONDS)))
    given = script.workflow_context if isinstance(script.workflow_context, dict) else {}
    code = script.code.encode("utf-8", errors="surrogatepass")
    about = context.dumps(given).encode("utf-8", errors="surrogatepass")
    answer = _read(_run(b"%d %d\n%b%b" % (seconds, len(code), code, about), seconds))
    if "error" in answer:
        raise failed(str(answer["error"]))
    return Answer({"body": answer["value"]} if "value" in answer else {})


def _run(request: bytes, seconds: int) -> bytes:
    try:
        output = nursery().ask(request, seconds + 1)
    except TimeoutError as error:
        raise failed(f"it did not end within {seconds} seconds") from error
    except OSError as error:
        raise ConnectorError("The script could not be started.", code="InternalServerError") from error
    if not output:
        raise failed("it used more memory or time than a script may")
    if len(output) > RESULT_LIMIT:
        raise failed(f"its result is larger than {RESULT_LIMIT:,} bytes")
    return output


def _read(output: bytes) -> dict[str, Json]:
    try:
        answer = json.loads(output)
    except (ValueError, RecursionError) as error:
        raise failed("its result cannot be written as JSON") from error
    return answer if isinstance(answer, dict) else {}


def failed(reason: str) -> ConnectorError:
    """The error of a script (reference 6.20); trying again would give the same."""
    return ConnectorError(
        f"The execution of the inline code failed: {reason}.", code="InlineCodeScriptRuntimeFailure"
    )
