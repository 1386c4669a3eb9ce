"""Templates: values with expressions inside, conditions, what they read, and where functions are allowed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from runtime.language.expressions.errors import ExpressionError, TemplateError
from runtime.language.expressions.functions.registry import every_function
from runtime.language.sample import SampleScope
from runtime.language.template import Place, References, compile_condition, compile_template
from runtime.language.values import Needed, Ref


def scope(**known: Any) -> SampleScope:
    return SampleScope(clock=lambda: datetime(2024, 1, 2, tzinfo=UTC), entropy=lambda n: bytes(n), **known)


def test_a_value_without_expressions_is_itself() -> None:
    value = {"a": [1, 2.5, None, "text", {"b@c": True}]}
    template = compile_template(value)
    assert template.literal
    assert template.evaluate(scope()) is value
    assert template.references == References()


def test_escapes_are_undone_without_a_scope() -> None:
    template = compile_template({"@@x": ["@@{1}", "a@@{b}"]})
    assert template.literal
    assert template.evaluate(scope()) == {"@x": ["@{1}", "a@{b}"]}


def test_objects_arrays_and_names_are_filled() -> None:
    template = compile_template(
        {"@{variables('k')}!": ["@variables('n')", "n=@{variables('n')}"], "fixed": 1}
    )
    filled = template.evaluate(scope(variables={"k": "key", "n": 7}))
    assert list(filled.items()) == [("key!", [7, "n=7"]), ("fixed", 1)]


def test_a_name_must_become_a_string() -> None:
    with pytest.raises(
        ExpressionError, match="the name of a property must be a string and is of type 'Integer'"
    ):
        compile_template({"@add(1, 2)": 1}).evaluate(scope())


def test_references_are_read_from_literal_names() -> None:
    template = compile_template(
        {
            "a": "@concat(body('A'), outputs('b')?['x'], variables('V'), parameters('p'))",
            "b": "@{triggerBody()}@{items('Loop')}@{iterationIndexes('Until')}@{result('S')}",
            "@{item()}": "@coalesce(action(), workflow(), listCallbackUrl(), appsetting('KEY'))",
        }
    )
    assert template.references == References(
        actions=frozenset({"A", "b"}),
        contents=frozenset({"A", "b"}),
        variables=frozenset({"V"}),
        parameters=frozenset({"p"}),
        loops=frozenset({"Loop", "Until"}),
        scopes=frozenset({"S"}),
        app_settings=frozenset({"KEY"}),
        trigger=True,
        item=True,
        current_action=True,
        callback_url=True,
        workflow=True,
    )


@pytest.mark.parametrize(
    "expression, records, contents",
    [
        ("@actions('A')", "A", ""),
        ("@actions('A').inputs", "A", ""),
        ("@actions('A')?['error']", "A", ""),
        ("@actions('A')[item()]", "A", ""),
        ("@actions('A').outputs.body", "", "A"),
        ("@actions('A')?['Outputs/body']", "", "A"),
        ("@actions('A').status", "", ""),
        ("@concat(body('A'), actions('A')['inputs'])", "A", "A"),
    ],
)
def test_which_part_of_an_action_is_read(expression: str, records: str, contents: str) -> None:
    found = compile_template(expression).references
    assert (found.actions, found.records, found.contents) == ({"A"}, set(records), set(contents))


def test_computed_names_are_marked() -> None:
    assert compile_template("@body(concat('A', 'B'))").references.dynamic
    assert compile_template("@body('A')[variables('k')]").references.variables == {"k"}


@pytest.mark.parametrize(
    "expression, place",
    [
        ("@item()", Place.ITEM),
        ("@action()", Place.ACTION),
        ("@listCallbackUrl()", Place.CALLBACK),
        ("@triggers()", Place.TRIGGERS),
        ("@appsetting('x')", Place.SETTINGS),
        ("@agentParameters('x')", Place.AGENT),
    ],
)
def test_places(expression: str, place: Place) -> None:
    compile_template(expression, place)
    compile_template(expression, place | Place.ITEM)
    with pytest.raises(TemplateError, match=r"is not (expected at this location|supported by schema)"):
        compile_template(expression, Place.ANYWHERE & ~place)


CONDITIONS: list[tuple[Any, bool]] = [
    ("@equals(1, 1)", True),
    ({"equals": [1, "@variables('n')"]}, False),
    ({"AND": [{"greater": ["@variables('n')", 3]}, {"not": {"contains": ["abc", "z"]}}]}, True),
    ({"or": [{"equals": [{"length": ["@variables('s')"]}, 4]}, {"less": [1, 0]}]}, True),
    ({"not": {"equals": ["@variables('s')", "text"]}}, False),
    ({"and": [{"equals": [1, 2]}, {"greater": ["x", None]}]}, False),
]


@pytest.mark.parametrize("expression, answer", CONDITIONS)
def test_conditions(expression: Any, answer: bool) -> None:
    assert compile_condition(expression).evaluate(scope(variables={"n": 5, "s": "text"})) is answer


def test_conditions_that_cannot_be() -> None:
    with pytest.raises(TemplateError) as caught:
        compile_condition({"and": [{"equals": [1, 1]}, {"nope": [1]}]})
    assert caught.value.pointer == "/and/1/nope"
    with pytest.raises(TemplateError, match="must have one member"):
        compile_condition({"and": [], "or": []})
    with pytest.raises(TemplateError, match="expects two parameters"):
        compile_condition({"equals": [1]})


def test_conditions_know_what_they_read() -> None:
    template = compile_condition({"and": [{"equals": ["@body('A')", 1]}, {"less": ["@item()", 2]}]})
    assert template.references.actions == {"A"}
    assert template.references.item


BIG = Ref("f00", 1_000_000, "Array", "/x")


@pytest.mark.parametrize(
    "expression",
    [
        "@variables('big')",
        "@createArray(variables('big'))[0]",
        "@if(true, variables('big'), 1)",
        "@body('A')",
    ],
)
def test_passing_a_stored_value_on_does_not_load_it(expression: str) -> None:
    known = scope(variables={"big": BIG}, actions={"A": {"outputs": {"body": BIG}}})
    assert compile_template(expression).evaluate(known) is BIG


@pytest.mark.parametrize(
    "expression",
    [
        "@length(variables('big'))",
        "@{variables('big')}",
        "@concat('a', variables('big'))",
        "@variables('big')?[0]",
        "@string(createArray(1, variables('big')))",
        "@equals(variables('big'), 1)",
        "@union(createArray(variables('big')), json('[1]'))",
        "@toLower(variables('big'))",
        "@and(variables('big'))",
        "@add(1, variables('big'))",
        "@empty(variables('big'))",
        "@json(variables('big'))",
    ],
)
def test_content_that_is_elsewhere_is_asked_for(expression: str) -> None:
    with pytest.raises(Needed) as caught:
        compile_template(expression).evaluate(scope(variables={"big": BIG}))
    assert caught.value.refs == (BIG,)


def test_equal_stored_values_need_no_content() -> None:
    assert compile_template("@equals(variables('big'), variables('big'))").evaluate(
        scope(variables={"big": BIG})
    )


def test_every_function_is_described() -> None:
    functions = list(every_function())
    assert len(functions) >= 130
    for function in functions:
        assert function.signature.startswith(f"{function.name}(")
        assert function.summary.endswith((".", "~")), function.name
        assert function.returns
        assert function.maximum is None or function.minimum <= function.maximum


def test_with_item() -> None:
    template = compile_template("@item()")
    assert [template.evaluate(scope().with_item(n)) for n in (1, None, "x")] == [1, None, "x"]


def test_an_expression_seen_before_is_still_refused_where_it_does_not_belong() -> None:
    """Equal expressions are compiled once, for each kind of place."""
    assert compile_template("@item()?['seen']", Place.ITEM).references.item
    for _ in range(2):
        with pytest.raises(TemplateError, match="'item' is not expected at this location"):
            compile_template("@item()?['seen']", Place.INPUTS)


def test_an_expression_that_stands_twice_is_read_by_both_and_refused_at_its_own_place() -> None:
    both = compile_template({"a": "@variables('x')", "b": ["@{variables('x')}", "@outputs('A')"]})
    assert both.references.variables == {"x"}
    assert both.references.actions == {"A"}
    for place, value in (("/a~1b/0", {"a/b": ["@nope()"]}), ("/c/d~0", {"c": {"d~": "x@{nope()}"}})):
        with pytest.raises(TemplateError) as caught:
            compile_template(value)
        assert (caught.value.pointer, caught.value.position) == (place, 1 if "a" in place else 3)
