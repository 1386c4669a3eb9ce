"""Data operations and variables: reference 6.9 to 6.15 and 6.18."""

from __future__ import annotations

from typing import Any

import pytest

from runtime.engine.schema import unsupported, validate
from tests.engine.driver import Driver, run


def data(type_: str, inputs: Any, body: Any = None, **more: Any) -> Driver:
    return run({"X": {"type": type_, "inputs": inputs, **more}}, body)


def value(type_: str, inputs: Any, body: Any = None) -> Any:
    driver = data(type_, inputs, body)
    assert driver.status("X") == "Succeeded", driver.record("X").error
    return driver.outputs("X")["body"]


def message(driver: Driver) -> str:
    record = driver.record("X")
    assert record.status == "Failed"
    return str(record.error["message"])


def test_compose() -> None:
    driver = run(
        {
            "A": {
                "type": "compose",
                "inputs": {"n": "@add(1, 1)", "t": "@{add(1, 1)}", "@{concat('k')}": None},
            },
            "B": {"type": "Compose", "inputs": "@body('A')", "runAfter": {"A": ["Succeeded"]}},
            "C": {"type": "Compose", "inputs": "@actions('A').inputs", "runAfter": {"A": ["Succeeded"]}},
            "D": {"type": "Compose"},
        }
    )
    assert driver.outputs("A") == {"n": 2, "t": "2", "k": None}
    assert (driver.record("A").code, driver.outputs("B"), driver.outputs("D")) == ("OK", None, None)
    assert driver.outputs("C") == driver.outputs("A")


def test_inputs_fail_as_a_whole() -> None:
    driver = data("Compose", {"good": 1, "bad": "@int('x')"})
    record = driver.record("X")
    assert (record.code, record.inputs, record.outputs) == ("BadRequest", None, None)
    assert record.error["code"] == "InvalidTemplate"
    assert message(driver).startswith(
        "Unable to process template language expressions in action 'X' inputs at line '0' and column '0': '"
    )


class TestParseJson:
    def parse(self, content: Any, schema: Any = None) -> Driver:
        return data("ParseJson", {"content": content, "schema": {} if schema is None else schema})

    def test_values(self) -> None:
        assert self.parse("@string('{\"a\": 1}')").outputs("X") == {"body": {"a": 1}}
        assert self.parse({"a": 1}).outputs("X") == {"body": {"a": 1}}
        assert self.parse("   ").outputs("X") == {"body": None}
        assert self.parse("{a: 'b',}").outputs("X") == {"body": {"a": "b"}}

    @pytest.mark.parametrize("content", ["", "@null"])
    def test_nothing(self, content: str) -> None:
        driver = self.parse(content)
        assert "Required property 'content' expects a value but got null. Path ''." in message(driver)
        assert (driver.record("X").code, driver.record("X").error["code"]) == (
            "BadRequest",
            "InvalidTemplate",
        )

    def test_no_json(self) -> None:
        driver = self.parse("hello")
        assert driver.record("X").code == "InvalidJSON"
        assert message(driver) == (
            "The 'content' property of actions of type 'ParseJson' must be valid JSON. The provided value "
            "cannot be parsed: 'Unexpected character encountered while parsing value: h. Path '', line 0, "
            "position 0.'."
        )

    def test_envelopes_are_refused(self) -> None:
        driver = self.parse("@binary('{}')")
        assert "must be of type JSON in the 'ParseJson' action inputs, but was of type" in message(driver)
        assert driver.record("X").code == "BadRequest"

    def test_mismatch(self) -> None:
        driver = self.parse(
            {"name": 5, "n": 1.0, "x": 1},
            {
                "type": "object",
                "additionalProperties": False,
                "properties": {"name": {"type": "string"}, "n": {"type": "integer"}},
            },
        )
        record = driver.record("X")
        assert (record.status, record.code, record.error) == (
            "Failed",
            "ValidationFailed",
            {"code": "ValidationFailed", "message": "The schema validation failed."},
        )
        assert set(record.outputs) == {"errors"}
        first, second = record.outputs["errors"]
        assert first == {
            "message": "Invalid type. Expected String but got Integer.",
            "lineNumber": 0,
            "linePosition": 0,
            "path": "name",
            "value": 5,
            "schemaId": "#/properties/name",
            "errorType": "type",
            "childErrors": [],
        }
        assert second["message"] == (
            "Property 'x' has not been defined and the schema does not allow additional properties."
        )

    def test_pattern_is_refused(self) -> None:
        assert self.parse({"a": "b"}, {"properties": {"a": {"pattern": "b"}}}).record("X").code == (
            "ActionSchemaNotSupported"
        )


@pytest.mark.parametrize(
    "value,schema,text",
    [
        ("toolong", {"maxLength": 3}, "String 'toolong' exceeds maximum length of 3."),
        ("", {"minLength": 1}, "String '' is less than minimum length of 1."),
        ("z", {"enum": ["a"]}, 'Value "z" is not defined in enum.'),
        (-1, {"minimum": 0}, "Integer -1 is less than minimum value of 0."),
        (5.5, {"maximum": 5}, "Float 5.5 exceeds maximum value of 5."),
        (
            0,
            {"minimum": 0, "exclusiveMinimum": True},
            "Integer 0 equals minimum value of 0 and exclusive minimum is true.",
        ),
        ([], {"minItems": 1}, "Array item count 0 is less than minimum count of 1."),
        ([1, 1], {"uniqueItems": True}, "Non-unique array item at index 1."),
        (
            "x",
            {"anyOf": [{"type": "integer"}, {"type": "null"}]},
            "JSON does not match any schemas from 'anyOf'.",
        ),
        ({}, {"required": ["a", "b"]}, "Required properties are missing from object: a, b."),
        (1.5, {"type": "integer"}, "Invalid type. Expected Integer but got Number."),
        (None, {"type": ["string", "integer"]}, "Invalid type. Expected String, Integer but got Null."),
        ("x", {"const": "y"}, 'Value "x" does not match const.'),
        ("x", {"format": "date-time"}, "String 'x' does not validate against format 'date-time'."),
        (3, {"not": {"type": "integer"}}, "JSON is valid against schema from 'not'."),
        (7, {"multipleOf": 2}, "Integer 7 is not a multiple of 2."),
        (
            {"a": [{"b c": 1}]},
            {
                "$ref": "#/definitions/x",
                "definitions": {
                    "x": {"properties": {"a": {"items": {"properties": {"b c": {"type": "string"}}}}}}
                },
            },
            "Invalid type. Expected String but got Integer.",
        ),
    ],
)
def test_schema_messages(value: Any, schema: Any, text: str) -> None:
    assert [problem["message"] for problem in validate(value, schema)] == [text]


def test_schema_details() -> None:
    assert validate(1.0, {"type": "integer"}) == []
    assert validate({"a": True}, {}) == []
    assert validate(True, {"type": "integer"}) != []
    nested = validate(
        {"a": [{"b c": 1}]}, {"properties": {"a": {"items": {"properties": {"b c": {"type": "null"}}}}}}
    )
    assert nested[0]["path"] == "a[0]['b c']"
    assert unsupported({"properties": {"pattern": {"type": "string"}}}) is None
    assert unsupported({"items": {"patternProperties": {}}}) == "patternProperties"


class TestArrays:
    def test_query(self) -> None:
        assert value("Query", {"from": "@range(0, 5)", "where": "@greater(item(), 2)"}) == [3, 4]
        assert value("Query", {"from": [{"n": 1}], "where": {"equals": ["@item()['n']", 2]}}) == []
        assert data("Query", {"from": [1, 2], "where": "@true"}).record("X").inputs == [1, 2]

    def test_where_must_be_a_boolean(self) -> None:
        assert "The result must be a boolean" in message(data("Query", {"from": [1], "where": "@item()"}))

    def test_select(self) -> None:
        assert value(
            "Select", {"from": "@range(0,2)", "select": {"id": "@item()", "@{concat('k', item())}": "v"}}
        ) == [{"id": 0, "k0": "v"}, {"id": 1, "k1": "v"}]
        assert value("Select", {"from": [{"a": 1}], "select": "@item()['a']"}) == [1]

    def test_join(self) -> None:
        assert (
            value("Join", {"from": [1, None, True, {"a": 1.0}], "joinWith": ", "}) == '1, , True, {"a":1.0}'
        )

    @pytest.mark.parametrize("kind", ["Query", "Select", "Join"])
    def test_from_must_be_an_array(self, kind: str) -> None:
        text = message(data(kind, {"from": "@null", "where": "@true", "select": 1, "joinWith": ""}))
        assert f"The 'from' property value in the '{kind.lower()}' action inputs is of type 'Null'." in text


class TestTable:
    def table(self, rows: Any, style: str = "CSV", **more: Any) -> Any:
        return value("Table", {"from": rows, "format": style, **more})

    def test_csv(self) -> None:
        rows = [{"a": 1, "b": 'x,"y"'}, {"b": None, "c": [1]}]
        assert self.table(rows) == 'a,b,c\r\n1,"x,""y""",\r\n,,[1]\r\n'

    def test_columns(self) -> None:
        columns = [
            {"header": "Id", "value": "@item()?['id']"},
            {"header": "Up", "value": "@toUpper(item()['n'])"},
        ]
        assert self.table([{"id": 1, "n": "x"}], columns=columns) == "Id,Up\r\n1,X\r\n"
        assert self.table([], columns=columns) == "Id,Up\r\n"
        bare = [{"header": "", "value": "@item()"}]
        assert self.table([1, 2], columns=bare) == "1\r\n2\r\n"

    def test_html(self) -> None:
        assert self.table([{"Id": "<é😀ā'>"}], "HTML") == (
            "<table><thead><tr><th>Id</th></tr></thead><tbody><tr><td>&lt;&#233;&#128512;ā&#39;&gt;</td></tr></tbody>"
            "</table>"
        )

    def test_no_rows(self) -> None:
        assert self.table([]) == ""
        assert self.table([], "html") == "<table><tbody></tbody></table>"

    def test_mistakes(self) -> None:
        assert "is of type 'Null'. The value must be of type 'Array'." in message(
            data("Table", {"from": "@null", "format": "CSV"})
        )
        assert "The property 'columns' must be specified" in message(
            data("Table", {"from": [1], "format": "CSV"})
        )


class TestVariables:
    def change(self, kind: str, initial: Any, *changes: dict[str, Any]) -> Driver:
        declared: dict[str, Any] = {"name": "v", "type": kind}
        if initial is not ...:
            declared["value"] = initial
        actions: dict[str, Any] = {"V": {"type": "InitializeVariable", "inputs": {"variables": [declared]}}}
        before = "V"
        for number, change in enumerate(changes):
            name = "X" if number == len(changes) - 1 else f"X{number}"
            actions[name] = {"runAfter": {before: ["Succeeded"]}, **change}
            before = name
        return run(actions)

    @pytest.mark.parametrize(
        "kind,initial",
        [("string", ""), ("Integer", 0), ("FLOAT", 0.0), ("boolean", False), ("array", []), ("object", None)],
    )
    def test_values_of_their_own(self, kind: str, initial: Any) -> None:
        found = self.change(kind, ...).variable("v")
        assert found == initial
        assert type(found) is type(initial)

    def test_set(self) -> None:
        driver = self.change("integer", 1, {"type": "SetVariable", "inputs": {"name": "V", "value": 5}})
        assert driver.variable("v") == 5
        assert driver.outputs("X") == {"body": {"name": "V", "value": 5}}
        assert driver.record("X").code == "NotSpecified"

    @pytest.mark.parametrize(
        "kind,value,fits",
        [
            ("integer", 1.0, False),
            ("float", 1, True),
            ("string", 1, False),
            ("string", None, True),
            ("integer", None, False),
            ("array", {}, False),
            ("object", {}, True),
            ("object", [], False),
            ("boolean", "true", False),
        ],
    )
    def test_types(self, kind: str, value: Any, fits: bool) -> None:
        driver = self.change(kind, ..., {"type": "SetVariable", "inputs": {"name": "v", "value": value}})
        assert driver.status("X") == ("Succeeded" if fits else "Failed")
        if not fits:
            assert "cannot be initialized or updated with value of type" in message(driver)

    def test_an_integer_in_a_float_variable_is_a_float(self) -> None:
        driver = self.change("float", ..., {"type": "SetVariable", "inputs": {"name": "v", "value": 1}})
        assert type(driver.variable("v")) is float

    def test_increment_and_decrement(self) -> None:
        up = {"type": "IncrementVariable", "inputs": {"name": "v"}}
        down = {"type": "DecrementVariable", "inputs": {"name": "v", "value": 5}}
        driver = self.change("integer", 1, up, up, down)
        assert driver.variable("v") == -2
        assert driver.outputs("X") == {"body": {"name": "v", "value": -2}}
        wrong = self.change(
            "integer", 1, {"type": "IncrementVariable", "inputs": {"name": "v", "value": 1.5}}
        )
        assert wrong.status("X") == "Failed"
        text = self.change("string", "a", up)
        assert "Only variables of type 'Integer' or 'Float' can" in message(text)

    def test_append(self) -> None:
        text = {"type": "AppendToStringVariable", "inputs": {"name": "v", "value": "@json('[1.0]')"}}
        assert self.change("string", "a", text).variable("v") == "a[1.0]"
        item = {"type": "AppendToArrayVariable", "inputs": {"name": "v", "value": [1]}}
        driver = self.change("array", [0], item)
        assert (driver.variable("v"), driver.outputs("X")) == ([0, [1]], None)
        assert self.change("string", "a", item).status("X") == "Failed"

    def test_a_value_handed_out_does_not_grow(self) -> None:
        """What an action saw of a variable stays as it was, whatever is appended afterwards."""
        item = {"type": "AppendToArrayVariable", "inputs": {"name": "v", "value": 1}}
        look = {"type": "Compose", "inputs": {"deep": ["@variables('v')"]}}
        driver = self.change("array", ..., item, look, item, look, item)
        assert driver.outputs("X1") == {"deep": [[1]]}
        assert driver.outputs("X3") == {"deep": [[1, 1]]}
        assert driver.variable("v") == [1, 1, 1]

    def test_itself_as_a_value(self) -> None:
        nested = {"type": "AppendToArrayVariable", "inputs": {"name": "v", "value": "@variables('v')"}}
        assert self.change("array", [1], nested, nested).variable("v") == [1, [1], [1, [1]]]

    def test_unknown_and_twice(self) -> None:
        driver = run({"X": {"type": "SetVariable", "inputs": {"name": "nope", "value": 1}}})
        assert "the template variable 'nope' cannot be found" in message(driver)
        again = {"type": "InitializeVariable", "inputs": {"variables": [{"name": "V", "type": "integer"}]}}
        assert "initialized a second time" in message(self.change("integer", 1, again))

    def test_several_in_one_action(self) -> None:
        inputs = {"variables": [{"name": "a", "type": "integer", "value": 1}, {"name": "b", "type": "array"}]}
        driver = run({"V": {"type": "InitializeVariable", "inputs": inputs}})
        assert (driver.variable("a"), driver.variable("b")) == (1, [])


@pytest.mark.parametrize(
    "kind,inputs,expected",
    [
        ("CurrentTime", {}, "2026-01-05T08:00:00.0000000Z"),
        (
            "AddToTime",
            {"baseTime": "2018-01-31T00:00:00Z", "interval": 1, "timeUnit": "Month"},
            "2018-02-28T00:00:00.0000000Z",
        ),
        (
            "subtractFromTime",
            {"baseTime": "2018-01-02T00:00:00Z", "interval": "1", "timeUnit": "Day"},
            "2018-01-01T00:00:00.0000000Z",
        ),
        ("GetFutureTime", {"interval": 1, "timeUnit": "Hour"}, "2026-01-05T09:00:00.0000000Z"),
        ("GetPastTime", {"interval": 8, "timeUnit": "Hour"}, "2026-01-05T00:00:00.0000000Z"),
        (
            "ConvertTimeZone",
            {
                "baseTime": "2018-01-01T08:00:00Z",
                "sourceTimeZone": "UTC",
                "destinationTimeZone": "Pacific Standard Time",
                "formatString": "HH:mm",
            },
            "00:00",
        ),
    ],
)
def test_dates(kind: str, inputs: Any, expected: str) -> None:
    driver = run({"X": {"type": "Expression", "kind": kind, "inputs": inputs}})
    assert driver.outputs("X") == {"body": expected}


def test_parameters() -> None:
    declared = {"env": {"type": "String", "defaultValue": "dev"}, "Size": {"type": "Int"}}
    actions = {"X": {"type": "Compose", "inputs": ["@parameters('ENV')", "@parameters('size')"]}}
    assert run(actions, parameters=declared, values={"SIZE": 4}).outputs("X") == ["dev", 4]
    assert "The workflow parameter 'size' is not found." in message(run(actions, parameters=declared))


def test_the_trigger_and_the_workflow() -> None:
    driver = run(
        {
            "X": {
                "type": "Compose",
                "inputs": [
                    "@triggerBody()",
                    "@workflow()['name']",
                    "@trigger()['name']",
                    "@workflow().run.name",
                ],
            }
        },
        {"a": 1},
    )
    assert driver.outputs("X") == [{"a": 1}, "wf", "manual", driver.state.run_id]


def test_names_ignore_letter_case() -> None:
    driver = run(
        {
            "First": {"type": "Compose", "inputs": 1},
            "X": {"type": "Compose", "inputs": "@outputs('fIRST')", "runAfter": {"First": ["Succeeded"]}},
        }
    )
    assert driver.outputs("X") == 1


def test_an_action_that_is_not_there() -> None:
    assert "the template action 'Nowhere' is not defined at current scope" in message(
        run({"X": {"type": "Compose", "inputs": "@body('Nowhere')"}})
    )


def test_skipped_actions_have_no_outputs() -> None:
    driver = run(
        {
            "A": {"type": "Compose", "inputs": 1},
            "B": {"type": "Compose", "inputs": 1, "runAfter": {"A": ["Failed"]}},
            "X": {
                "type": "Compose",
                "inputs": ["@outputs('B')", "@body('B')", "@actions('B')['status']"],
                "runAfter": {"B": ["Skipped"]},
            },
            "Y": {"type": "Compose", "inputs": "@actions('B').outputs", "runAfter": {"B": ["Skipped"]}},
        }
    )
    assert driver.outputs("X") == [None, None, "Skipped"]
    assert driver.status("Y") == "Failed"
