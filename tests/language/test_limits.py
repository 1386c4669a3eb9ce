"""Each bound of the language: what lies just inside is evaluated, what lies beyond is refused in words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from runtime.language.expressions import limits
from runtime.language.expressions.errors import ExpressionError
from runtime.language.expressions.functions import xml_tree
from runtime.language.sample import SampleScope
from runtime.language.template import compile_template


def evaluated(template: str, **variables: Any) -> Any:
    scope = SampleScope(
        clock=lambda: datetime(2024, 1, 2, tzinfo=UTC), entropy=lambda n: bytes(n), variables=variables
    )
    return compile_template(template).evaluate(scope)


def refusal(template: str, **variables: Any) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        evaluated(template, **variables)
    return caught.value


def nested(depth: int) -> str:
    return "@" + "not(" * depth + "true" + ")" * depth


def elements(depth: int) -> str:
    return "<a>" * depth + "</a>" * depth


def test_the_length_of_an_expression() -> None:
    inside = "x" * (8192 - len("concat('')"))
    assert evaluated(f"@concat('{inside}')") == inside
    beyond = refusal(f"@concat('{inside}x')")
    assert (
        beyond.message == "The template language expression limit exceeded: maximum '8192' and actual '8193'."
    )
    assert beyond.phase == "parse"
    assert evaluated("x" * 20_000) == "x" * 20_000  # plain text has no such limit


def test_the_depth_of_calls() -> None:
    assert evaluated(nested(200)) is True  # what the reference knows to work
    assert (
        f"nested more than '{limits.EXPRESSION_DEPTH}' deep"
        in refusal(nested(limits.EXPRESSION_DEPTH + 2)).message
    )


def test_the_length_of_one_result(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TEXT_LENGTH", 20_000)
    half = "é" * 10_000
    assert len(evaluated("@concat(variables('v'), variables('v'))", v=half)) == 20_000
    for template in (
        "@concat(variables('v'), variables('v'), 'x')",
        "@{variables('v')}@{variables('v')}x",
        "@replace(variables('v'), 'é', 'ééé')",
        "@join(createArray(variables('v'), variables('v')), 'xx')",
        "@base64(variables('v'))",
        "@uriComponent(variables('v'))",
    ):
        assert "is too large: maximum '20000' and actual" in refusal(template, v=half).message, template


def test_the_work_of_one_template(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "TOTAL_WORK", 100_000)
    text = "x" * 30_000
    assert len(evaluated("@concat(variables('v'), '')", v=text)) == 30_000
    found = refusal(
        "@length(createArray(" + ", ".join(["toUpper(concat(variables('v'), 'y'))"] * 8) + "))", v=text
    )
    assert "is too much work" in found.message
    assert found.message.endswith("Divide the value or the expression.")
    assert len(evaluated("@concat(variables('v'), '')", v=text)) == 30_000  # the next one starts anew


def test_the_depth_of_json() -> None:
    deep = limits.JSON_DEPTH - 2
    assert evaluated("@length(json(variables('v')))", v="[" * deep + "]" * deep) == 1
    assert refusal("@json(variables('v'))", v="[" * 100_000).message
    value: Any = 1
    for _ in range(100_000):
        value = [value]
    assert "nested too deeply" in refusal("@string(variables('v'))", v=value).message
    while isinstance(value, list):  # taken apart by hand: the collector would go as deep
        value = value[0]


def test_the_size_and_depth_of_xml(monkeypatch: pytest.MonkeyPatch) -> None:
    assert evaluated("@string(xml(variables('v')))", v=elements(xml_tree.MAX_DEPTH)).startswith("<a>")
    deep = refusal("@xml(variables('v'))", v=elements(xml_tree.MAX_DEPTH + 1))
    assert f"nested more than {xml_tree.MAX_DEPTH} deep" in deep.message
    monkeypatch.setattr(xml_tree, "XML_LENGTH", 1000)
    assert "longer than 1000 characters" in refusal("@xml(variables('v'))", v=f"<a>{'x' * 1000}</a>").message


def doubling(count: int) -> str:
    """Entities of which each is the one before it, eight times."""
    steps = "".join(f"<!ENTITY e{n + 1} '{f'&e{n};' * 8}'>" for n in range(count))
    return f"<!ENTITY e0 'xxxxxxxxxx'>{steps}"


@pytest.mark.parametrize(
    "document",
    [
        f"<!DOCTYPE a [{doubling(9)}]><a>&e9;</a>",
        f"<!DOCTYPE a [{doubling(9)}]><a b='&e9;'/>",
        f"<!DOCTYPE a [{doubling(9)}<!ATTLIST a b CDATA '&e9;'>]><a/>",
        f"<!DOCTYPE a [{doubling(4)}]><a>" + '<b c="&e4;"/>' * 5000 + "</a>",
        f"<!DOCTYPE a [<!ATTLIST b c CDATA '{'x' * 4000}'>]><a>{'<b/>' * 20_000}</a>",
    ],
)
def test_entities_and_defaults_do_not_fill_the_memory(document: str) -> None:
    message = refusal("@xml(variables('v'))", v=document).message
    assert (
        "would become too much text" in message or "are longer than" in message or "not supported" in message
    )


def test_small_entities_are_no_harm() -> None:
    document = "<!DOCTYPE a [<!ENTITY x 'seven'>]><a b='&x;'/>"
    assert "seven" in evaluated("@string(xml(variables('v')))", v=document)
    assert "failed to parse" in refusal("@xpath(xml(variables('v')), 'string(/a)')", v=document).message


def test_the_length_and_cost_of_xpath() -> None:
    path = "/a" + "[1]" * 1364
    assert len(path) < 4096
    assert len(evaluated("@xpath(xml('<a/>'), variables('v'))", v=path)) == 1
    assert "well formed XPath" in refusal("@xpath(xml('<a/>'), variables('v'))", v=path + "[1]" * 2).message
    wide = f"<r>{'<a/>' * 5000}</r>"
    assert evaluated("@xpath(xml(variables('v')), 'count(//a)')", v=wide) == 5000.0
    costly = refusal("@xpath(xml(variables('v')), 'count(//a[count(//a[count(//a) > 1]) > 1])')", v=wide)
    assert "too many of 5001 elements" in costly.message


def test_the_count_of_a_range() -> None:
    assert len(evaluated("@range(0, 100000)")) == 100_000
    assert "no larger than '100000'" in refusal("@range(0, variables('n'))", n=100_001).message
    assert "no larger than '100000'" in refusal("@range(variables('n'), 1)", n=2_147_483_647).message


@pytest.mark.parametrize("function", ["int", "decimal", "addDays"])
def test_numbers_and_dates_of_any_length_are_refused(function: str) -> None:
    arguments = "variables('v'), 1" if function == "addDays" else "variables('v')"
    assert f"'{function}'" in refusal(f"@{function}({arguments})", v="9" * 3_000_000).message


@pytest.mark.parametrize("function", ["isInt", "isFloat"])
def test_texts_of_any_length_are_looked_at(function: str) -> None:
    assert evaluated(f"@{function}(variables('v'))", v="9" * 3_000_000) is False
