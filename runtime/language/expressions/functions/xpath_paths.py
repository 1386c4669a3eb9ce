"""Where an XPath expression begins to look: at the document, not at its root element.

libxml2 is asked through lxml, which starts relative paths at the root element. .NET starts them at the
document, so `a/b` finds what `/a/b` finds.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"""\s*(?:(?P<literal>"[^"]*"|'[^']*')|(?P<number>[0-9]+(?:\.[0-9]*)?|\.[0-9]+)
    |(?P<mark>::|//|\.\.|!=|<=|>=|[-/.@()\[\],|+=<>*$])|(?P<name>[^\W\d][\w.-]*(?::[^\W\d][\w.-]*|:\*)?))""",
    re.VERBOSE,
)
_OPERATORS = {"and", "or", "mod", "div"}
_BEFORE_PATH = {"", "(", ",", "|", "+", "-", "=", "!=", "<", "<=", ">", ">=", "operator"}
_BEFORE_STEP = {*_BEFORE_PATH, "/", "//", "::", "@", "["}
_NODE_TESTS = {"comment", "text", "processing-instruction", "node"}


def from_document(path: str) -> str:
    """The expression with relative paths outside predicates made absolute; as it is if not understood."""
    output: list[str] = []
    position, depth, before = 0, 0, ""
    while position < len(path):
        match = _TOKEN.match(path, position)
        if match is None:
            return path if path[position:].strip() else "".join(output)
        text = match[0].lstrip()
        kind = match.lastgroup
        operator = before not in _BEFORE_STEP and (text == "*" or text in _OPERATORS)
        begins = not operator and before in _BEFORE_PATH and _begins_path(path, text, kind, match.end())
        output.append(f" /{text}" if begins and not depth else match[0])
        depth += {"[": 1, "]": -1}.get(text, 0)
        mark = kind == "mark" and text not in ("*", ".", "..")
        before = "operator" if operator else text if mark else "operand"
        position = match.end()
    return "".join(output)


def _begins_path(path: str, text: str, kind: str | None, end: int) -> bool:
    """Whether a step stands here; a name before a parenthesis is a function unless it tests a node's kind."""
    if kind == "mark":
        return text in ("*", ".", "..", "@")
    if kind != "name":
        return False
    return not re.match(r"\s*\(", path[end : end + 50]) or text in _NODE_TESTS
