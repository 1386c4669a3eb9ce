"""The work of `isolation`'s children (see `nursery`); arguments: paths, module, limits, all JSON but the
module's name.

The module is imported first, because afterwards no file can be opened. An answer is a line of JSON, then
bytes.
"""

from __future__ import annotations

import importlib
import json
import resource
import sys
from typing import Any

_module: Any
_refused: type[Exception]
_limits: dict[str, int]


def give_up_rights() -> None:
    limits = (
        (resource.RLIMIT_AS, _limits["bytes"]),
        (resource.RLIMIT_CPU, _limits["seconds"] + 1),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 0),
    )
    for kind, limit in limits:
        resource.setrlimit(kind, (limit, limit))


def read(whole: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    head, _, rest = whole.partition(b"\n")
    request = json.loads(head)
    blobs: dict[str, bytes] = {}
    start = 0
    for name, size in request["blobs"]:
        blobs[name] = rest[start : start + size]
        start += size
    return request, blobs


def answer(module: Any, refused: type[Exception], whole: bytes) -> bytes:
    request, blobs = read(whole)
    try:
        value, data = getattr(module, request["function"])(request["arguments"], blobs)
        return json.dumps({"value": value}).encode() + b"\n" + bytes(data)
    except refused as error:
        return json.dumps({"error": str(error), "code": getattr(error, "code", "")}).encode()
    except RecursionError:
        return json.dumps({"error": "It is nested too deeply.", "code": "LimitExceeded"}).encode()
    except MemoryError:
        return json.dumps(
            {"error": "It needs more memory than it may have.", "code": "LimitExceeded"}
        ).encode()
    except Exception as error:
        # Its text may hold data of the tenant: only the type is told.
        said = f"It failed unexpectedly ({type(error).__name__}). This is a fault of the connector."
        return json.dumps({"error": said, "code": "InternalServerError"}).encode()


def prepare(arguments: list[str]) -> None:
    global _module, _refused, _limits
    sys.path.extend(json.loads(arguments[0]))
    _module = importlib.import_module(arguments[1])
    _refused = importlib.import_module("connectors.sdk.errors").ConnectorError
    _limits = json.loads(arguments[2])


def serve(whole: bytes) -> bytes:
    return answer(_module, _refused, whole)
