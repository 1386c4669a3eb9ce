"""Nothing an expression says may crash, hang or exhaust the process."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runtime.language.expressions.errors import ExpressionError
from runtime.language.expressions.functions.registry import Function, every_function
from runtime.language.expressions.outline import print_template
from runtime.language.sample import SampleScope
from runtime.language.template import compile_template
from runtime.language.values import dumps

LITERALS = [
    "null", "true", "false", "0", "1", "-1", "2", "-7", "9223372036854775807", "-9223372036854775808",
    "0.0", "1.5", "-0.0", "1e308", "1e-300", "float('NaN')", "json('Infinity')", "decimal('1.50')", "''",
    "' '", "'abc'", "'😀x'", "decimal('79228162514264337593543950335')", "'2018-03-15T00:00:00Z'",
    "'2018-03-15'", "'0001-01-01'", "'10:30'", "'9999-12-31T23:59:59.9999999'", "'UTC'",
    "'Pacific Standard Time'", "'Asia/Tokyo'", "'Day'", "'Month'", "'o'", "'dddd'", "'de-DE'", "'N2'",
    "'#,##0.00;(0);z'", "'E5'", "'%'", "'\\'", "'aGk='", "'data:;base64,aGk='", "'//a'",
    "'https://x.y:80/a?b'", "'count(//*)'", "json('[]')", "json('{}')", "json('[\"b\",\"a\",null]')",
    "json('{\"a\":1,\"B\":{\"c\":[1]}}')", "json('[{\"a\":1},{\"a\":\"x\"}]')", "binary('x')",
    "xml('<r><a x=\"1\">t</a><b/></r>')", "variables('many')", "variables('deep')", "variables('long')",
    "variables('huge')", "variables('bad')", "variables('lone')", "item()",
    "createArray(null,1,'a',1.0,true)",
]  # fmt: skip
STEPS = ["", "", "", "?.a", "['a']", "[0]", "?[1]", "?['B/c']", "?[item()]"]
FUNCTIONS = list(every_function())


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


SCOPE = SampleScope(
    clock=lambda: datetime(2024, 1, 2, tzinfo=UTC),
    entropy=lambda n: b"\1" * n,
    variables={
        "many": list(range(5000)),
        "deep": nested(700),
        "long": "aé" * 20_000,
        "huge": 10**4000,
        "bad": {"$content-type": "text/plain;charset=zzz", "$content": "###"},
        "lone": "\udc00",
    },
    current={"a": 1},
)


@st.composite
def expressions(draw: st.DrawFn, depth: int = 3) -> str:
    if depth == 0 or draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from(LITERALS))
    function: Function = draw(st.sampled_from(FUNCTIONS))
    most = function.maximum if function.maximum is not None else function.minimum + 2
    count = draw(st.integers(function.minimum, most))
    arguments = [draw(expressions(depth=depth - 1)) for _ in range(count)]
    return f"{function.name}({', '.join(arguments)}){draw(st.sampled_from(STEPS))}"


def outcome(template: str, scope: SampleScope) -> str | None:
    """The code of the error a template ends with, or None."""
    try:
        dumps(compile_template(template).evaluate(scope))
    except ExpressionError as error:
        return error.code
    return None


@settings(max_examples=400, deadline=4000, suppress_health_check=[HealthCheck.too_slow])
@given(expressions())
def test_calls_of_everything_with_everything(expression: str) -> None:
    with suppress(RecursionError):  # of dumps, for the value that is nested too deeply
        assert outcome(f"@{expression}", SCOPE) != "InternalError"


@settings(max_examples=300, deadline=2000)
@given(st.text(alphabet="@{}()[]'?.,+-e0139 aéx$_😀\n\"\\", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    phases = set()
    for read in (print_template, compile_template):
        try:
            read(text)
        except ExpressionError as error:
            phases.add(error.phase)
    assert phases <= {"parse"}


HEAVY = [
    "@" + "concat(" * 4000,
    "@" + "not(" * 250 + "true" + ")" * 250,
    "@json(variables('brackets'))",
    "@json(variables('open'))",
    "@concat(" + ",".join(["variables('text')"] * 300) + ")",
    "@replace(variables('text'), 'a', variables('text'))",
    "@join(split(variables('text'), ''), variables('text'))",
    "@chunk(variables('text'), 1)",
    "@split(variables('text'), 'a')",
    "@createArray(" + ",".join(["range(0, 100000)"] * 200) + ")",
    "@formatNumber(1, 'F999999999')",
    "@formatNumber(1.5, variables('format'))",
    "@nthIndexOf(variables('text'), 'a', 9000000)",
    "@int(variables('digits'))",
    "@decimal(variables('digits'))",
    "@float(variables('digits'))",
    "@json(variables('digits'))",
    "@addDays(variables('digits'), 1)",
    "@xml(variables('tags'))",
    "@xml(variables('bomb'))",
    "@xml(variables('subset'))",
    "@xpath(xml(variables('wide')), '//*[count(//*[count(//*) > 0]) > 0]')",
    "@xpath(xml(variables('wide')), '//*/preceding-sibling::*')",
    "@xpath(xml(variables('wide')), concat('concat(/', replace(variables('commas'), 'x', ',/'), ')'))",
    "@greater(variables('text'), concat(variables('text'), 'b'))",
    "@union(variables('many'), variables('many'), variables('many'))",
    "@equals(variables('deep'), variables('deep'))",
    "@string(variables('deep'))",
    "@setProperty(json('{}'), 'a', variables('deep'))",
    "@sort(variables('many'))",
    "@startsWith(variables('accents'), 'é')",
    "@uriHost(variables('text'))",
    "@dataUriToBinary(concat('data:', variables('commas')))",
]
BOMB = (
    '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;">'
    '<!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;"><!ENTITY e "&d;&d;&d;&d;&d;&d;&d;&d;">]><a x="&e;">&e;&e;</a>'
)


@pytest.fixture(scope="module")
def heavy_scope() -> SampleScope:
    return SampleScope(
        clock=lambda: datetime(2024, 1, 2, tzinfo=UTC),
        entropy=lambda n: b"\1" * n,
        variables={
            "text": "a" * 10_000_000,
            "accents": "é" * 2_000_000,
            "brackets": "[" * 1_000_000,
            "open": "{a:" * 200_000,
            "format": "0" * 50_000,
            "digits": "9" * 5_000_000,
            "tags": "<a>" * 100_000,
            "bomb": BOMB,
            "subset": "<!DOCTYPE a [" + "<!--" * 100_000,
            "wide": "<r>" + "<a/>" * 20_000 + "</r>",
            "commas": "x" * 4000,
            "many": [{"n": str(n)} for n in range(100_000)],
            "deep": nested(100_000),
        },
    )


@pytest.mark.parametrize("template", HEAVY, ids=lambda text: text[:50])
def test_heavy_expressions_end_soon(template: str, heavy_scope: SampleScope) -> None:
    started = time.monotonic()
    with suppress(RecursionError):  # of dumps, for the value that is nested too deeply
        assert outcome(template, heavy_scope) != "InternalError"
    assert time.monotonic() - started < 10


def test_external_entities_are_not_read(tmp_path: Any) -> None:
    secret = tmp_path / "secret"
    secret.write_text("do not tell")
    text = f'<!DOCTYPE a [<!ENTITY x SYSTEM "file://{secret}">]><a>&x;</a>'
    scope = SampleScope(clock=lambda: datetime(2024, 1, 2, tzinfo=UTC), entropy=bytes, variables={"x": text})
    for expression in ("@{xml(variables('x'))}", "@xpath(xml(binary(variables('x'))), 'string(/a)')"):
        try:
            value = compile_template(expression).evaluate(scope)
        except ExpressionError:
            continue
        assert "do not tell" not in str(value)
