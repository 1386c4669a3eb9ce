"""Which actions a script names: in its text, and in the list of what it depends on (reference 6.20)."""

from __future__ import annotations

import re

from runtime.language.values import Json

_MENTIONED = re.compile(
    r"workflowContext\s*\.\s*actions\s*(?:\.\s*([A-Za-z_$][\w$]*)|\[\s*(['\"])(.{1,200}?)\2\s*\])"
)


def actions_named_in(inputs: Json) -> dict[str, str]:
    """Names as spelled, each with the JSON pointer, inside the inputs, of where it is found first."""
    given = inputs if isinstance(inputs, dict) else {}
    code = given.get("code")
    found: dict[str, str] = {}
    for plain, _, quoted in _MENTIONED.findall(code) if isinstance(code, str) else ():
        found.setdefault(plain or quoted, "/code")
    listed = given.get("explicitDependencies")
    names = listed.get("actions") if isinstance(listed, dict) else None
    for number, name in enumerate(names if isinstance(names, list) else ()):
        if isinstance(name, str):
            found.setdefault(name, f"/explicitDependencies/actions/{number}")
    return found
