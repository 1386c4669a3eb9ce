"""The two readers of expressions, Python's and the canvas's, see the same in every string."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from runtime.language.expressions.errors import TemplateError
from runtime.language.expressions.outline import print_template, references_in

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
DEFINITIONS = ROOT.parent / "shared" / "conformance" / "definitions"


def node() -> str:
    """The node beside this Python, else the one on the path; skips without one that knows TypeScript."""
    beside = Path(sys.executable).parent / "node"
    found = str(beside) if beside.exists() else shutil.which("node")
    if found is None:
        pytest.skip("node is not installed")
    version = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
    if not version.startswith("v") or int(version[1:].split(".")[0]) < 24:
        pytest.skip(f"node 24 is needed to read TypeScript, found {version.strip()}")
    return found


def canvas_reads(templates: Sequence[Any]) -> list[Any]:
    command = [
        node(),
        "--experimental-transform-types",
        "--no-warnings",
        str(HERE / "print_templates.mjs"),
        str(ROOT / "frontend" / "src" / "workflow" / "expressions"),
    ]
    lines = "".join(f"{json.dumps(template)}\n" for template in templates)
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def server_reads(template: str) -> dict[str, Any]:
    try:
        tree = print_template(template)
    except TemplateError as error:
        return {"error": error.message, "position": error.position}
    return {
        "tree": tree,
        "references": [
            {"function": r.function, "name": r.name, "start": r.start, "end": r.end}
            for r in references_in(template)
        ],
    }


def assert_agreement(templates: list[str]) -> None:
    for template, seen in zip(templates, canvas_reads(templates), strict=True):
        assert seen == server_reads(template), template


def test_parse_cases() -> None:
    files = sorted((HERE / "cases" / "parse").glob("*.json"))
    assert_agreement([case["template"] for path in files for case in json.loads(path.read_text("utf-8"))])


def strings_of(value: Any) -> Iterator[str]:
    pending = [value]
    while pending:
        current = pending.pop()
        if isinstance(current, str):
            yield current
        elif isinstance(current, dict):
            pending.extend([*current.keys(), *current.values()])
        elif isinstance(current, list):
            pending.extend(current)


def real_templates() -> list[str]:
    if not DEFINITIONS.is_dir():
        pytest.skip("the real definitions are not here")
    templates: set[str] = set()
    for path in DEFINITIONS.rglob("*.json"):
        templates.update(text for text in strings_of(json.loads(path.read_text("utf-8-sig"))) if "@" in text)
    assert len(templates) > 1000
    return sorted(templates)


def test_every_expression_of_the_real_definitions() -> None:
    assert_agreement(real_templates())


KINDS = {
    "variables": "variable",
    "parameters": "parameter",
    **dict.fromkeys(
        ("actions", "outputs", "actionoutputs", "actionbody", "body", "formdatavalue", "formdatamultivalues"),
        "action",
    ),
    **dict.fromkeys(("multipartbody", "items", "iterationindexes", "result"), "action"),
}
NEW_NAMES = ("Plain", "it's", "''", "10", 'a\\b"c', "Größe 😀", "body('X')", "@{x}", "}", "A", "$&")


def named_in(template: str) -> list[tuple[str, str]] | None:
    """Kind and name of everything the server sees read, in order; None for what does not parse."""
    try:
        found = references_in(template)
    except TemplateError:
        return None
    return [(KINDS[one.function.lower()], one.name) for one in found if one.function.lower() in KINDS]


def assert_renamed(templates: list[str]) -> int:
    """The canvas renames each name that the server reads: that one everywhere, and nothing else."""
    asked: list[dict[str, str]] = []
    for index, template in enumerate(templates):
        names = named_in(template) or []
        for place, (kind, name) in enumerate(dict.fromkeys(names)):
            to = NEW_NAMES[(index + place) % len(NEW_NAMES)]
            asked.append({"template": template, "kind": kind, "from": name.swapcase(), "to": to})
    for question, renamed in zip(asked, canvas_reads(asked), strict=True):
        old = (question["kind"], question["from"].lower())
        before, after = named_in(question["template"]), named_in(renamed)
        assert before is not None
        expected = [
            (kind, question["to"]) if (kind, name.lower()) == old else (kind, name) for kind, name in before
        ]
        assert after == expected, (question, renamed)
    return len(asked)


def test_a_rename_on_the_canvas_leaves_no_old_name_behind() -> None:
    assert assert_renamed(real_templates()[::3]) > 1000


ARGUMENTS = (
    "'Get it'",
    "'it''s'",
    "'GET IT'",
    "'10'",
    "'Größe 😀'",
    "'é'",
    "variables('v')",
    "'body(''A'')'",
    "1",
)
AROUND = (
    "{}",
    "concat('body(''Get it'')', {})",
    "{}?['items(''x'')']",
    "if(true, {}, null)",
    "{}[add(0, 1)].a",
)
SPACES = ("", " ", "\n", "\t \r\n", "\u00a0")


def test_a_rename_finds_names_wherever_they_stand() -> None:
    draw = random.Random(7)
    templates: list[str] = []
    for _ in range(4_000):
        space = [draw.choice(SPACES) for _ in range(3)]
        function = draw.choice([*KINDS, "Outputs", "ITEMS", "triggerFormDataValue", "concat"])
        arguments = draw.choice(ARGUMENTS)
        if function.lower() in ("formdatavalue", "formdatamultivalues", "multipartbody"):
            arguments += f"{space[0]}, 'k'"
        call = f"{function}{space[0]}({space[1]}{arguments}{space[2]})"
        whole = draw.choice(AROUND).format(call)
        shape = draw.choice(("@{0}", "@{{{0}}}", "a@@{{x}} @{{{0}}} b '@{{{0}}}", "'@{{{0}}}'"))
        templates.append(shape.format(whole))
    assert assert_renamed(templates) > 2_000


PIECES = [
    *(
        "@",
        "@{",
        "}",
        "@@",
        "'",
        "''",
        "(",
        ")",
        "[",
        "]",
        ",",
        ".",
        "?",
        " ",
        "\u00a0",
        "\n",
        "1",
        "-.5",
        "1e3",
        "+",
    ),
    *(
        "concat",
        "body",
        "true",
        "null",
        "'a'",
        "'😀'",
        "é",
        "_x",
        "$",
        "variables('v')",
        "😀",
        "x@y",
        "{",
        "\\",
        '"',
    ),
    *("concat(", "body('A')", "?['b']", "@{body(", ")}", "('x')"),
]


def test_arbitrary_strings() -> None:
    draw = random.Random(20161)  # plain sampling: one process of node reads them all
    assert_agreement(["".join(draw.choices(PIECES, k=draw.randint(1, 12))) for _ in range(20_000)])
