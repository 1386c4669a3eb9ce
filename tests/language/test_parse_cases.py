"""Template strings and their printed trees: cases/parse, shared with the canvas."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from runtime.language.expressions.errors import TemplateError
from runtime.language.expressions.outline import print_template, references_in
from runtime.language.template import compile_template

FOLDER = Path(__file__).parent / "cases" / "parse"
TREES = json.loads((FOLDER / "trees.json").read_text("utf-8"))
ERRORS = json.loads((FOLDER / "errors.json").read_text("utf-8"))


def named(case: dict[str, Any]) -> str:
    return ascii(case["template"][:50])


@pytest.mark.parametrize("case", TREES, ids=named)
def test_tree(case: dict[str, Any]) -> None:
    assert print_template(case["template"]) == case["tree"]
    found = [
        {"function": r.function, "name": r.name, "start": r.start, "end": r.end}
        for r in references_in(case["template"])
    ]
    assert found == case["references"]


@pytest.mark.parametrize("case", ERRORS, ids=named)
def test_error(case: dict[str, Any]) -> None:
    with pytest.raises(TemplateError) as caught:
        print_template(case["template"])
    assert (caught.value.message, caught.value.position) == (case["error"], case["position"])


@pytest.mark.parametrize("case", ERRORS, ids=named)
def test_compiling_finds_the_same_error(case: dict[str, Any]) -> None:
    with pytest.raises(TemplateError) as caught:
        compile_template({"a/b": [0, case["template"]]})
    assert (caught.value.message, caught.value.position) == (case["error"], case["position"])
    assert caught.value.pointer == "/a~1b/1"


CALLS = json.loads((Path(__file__).parent / "cases" / "calls.json").read_text("utf-8"))


@pytest.mark.parametrize("case", CALLS, ids=named)
def test_a_wrong_call_is_refused_where_the_canvas_marks_it(case: dict[str, Any]) -> None:
    """features/tokens/check.test.ts has the same cases."""
    with pytest.raises(TemplateError) as caught:
        compile_template(case["template"])
    assert caught.value.position == case["position"]
