"""The small parts on their own: durations, codes, retry policies, secrets, plans."""

from __future__ import annotations

import http
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from runtime.engine.codes import name_of, number_of
from runtime.engine.durations import format_duration, later, parse_duration
from runtime.engine.entropy import Entropy
from runtime.engine.events import Outcome
from runtime.engine.origins import moved
from runtime.engine.plan import PlanError, ResponseMode, compile_plan
from runtime.engine.retry import DEFAULT, NONE, Policy, is_retryable, policy_of
from runtime.engine.scope import execution_key
from runtime.engine.state import RunState, Variable
from runtime.language.definition import read
from runtime.language.values import Ref
from tests.engine.driver import plan_of, run

S = timedelta(seconds=1)


@pytest.mark.parametrize(
    "text,seconds",
    [
        ("PT1S", 1), ("PT1M", 60), ("PT1H", 3600), ("P1D", 86400), ("P1W", 604800), ("P1M", 2592000),
        ("P1Y", 31536000), ("P1Y2M3W4DT5H6M7.5S", 31536000 + 5184000 + 1814400 + 345600 + 18000 + 360 + 7.5),
        ("-PT5S", -5), ("+PT5S", 5), (" pt5s ", 5), ("PT0S", 0), ("PT0.25S", 0.25), ("P", None), ("PT", None),
        ("5", None), (5, None), (None, None), ("P1H", None), ("P99999999999Y", None), ("PT5SX", None),
    ],
)  # fmt: skip
def test_durations_are_read(text: Any, seconds: float | None) -> None:
    assert parse_duration(text) == (None if seconds is None else timedelta(seconds=seconds))


@pytest.mark.parametrize(
    "seconds,text",
    [
        (0, "PT0S"), (1, "PT1S"), (60, "PT1M"), (61, "PT1M1S"), (3600, "PT1H"), (86400, "P1D"), (93784.5, "P1DT2H3M4.5S"),
        (-90, "-PT1M30S"), (-86400, "-P1D"), (172800, "P2D"), (0.25, "PT0.25S"), (86401, "P1DT1S"), (3601, "PT1H1S"),
        (604800, "P7D"), (7200.000001, "PT2H0.000001S"),
    ],
)  # fmt: skip
def test_durations_are_written(seconds: float, text: str) -> None:
    assert format_duration(timedelta(seconds=seconds)) == text
    assert parse_duration(text) == timedelta(seconds=seconds)


def test_a_request_that_moves_to_another_server_leaves_behind_what_was_for_the_first() -> None:
    given = {
        "method": "GET",
        "uri": "https://x.test/a",
        "headers": {"key": "k"},
        "cookie": "c",
        "authentication": {},
    }
    assert moved(given, "https://x.test:443/b") == {**given, "uri": "https://x.test:443/b"}
    for location in ("https://y.test/b", "http://x.test/b", "https://[::1/b", "b", None):
        assert moved(given, location) == {"method": "GET", "uri": location}


NEW_YEAR = datetime(2026, 12, 31, 23, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "count,unit,expected",
    [
        (1, "Second", NEW_YEAR + S), (2, "minute", NEW_YEAR + 120 * S), (1, " HOUR ", NEW_YEAR + 3600 * S),
        (1, "Day", NEW_YEAR + timedelta(days=1)), (1, "Week", NEW_YEAR + timedelta(days=7)),
        (2, "Month", datetime(2027, 2, 28, 23, 0, tzinfo=UTC)), (-1, "Month", datetime(2026, 11, 30, 23, 0, tzinfo=UTC)),
        (12, "Month", datetime(2027, 12, 31, 23, 0, tzinfo=UTC)), (1, "Year", datetime(2027, 12, 31, 23, 0, tzinfo=UTC)),
        (7973, "Year", datetime(9999, 12, 31, 23, 0, tzinfo=UTC)), (-2025, "Year", datetime(1, 12, 31, 23, 0, tzinfo=UTC)),
        (1, "Fortnight", None), (1, "", None),
    ],
)  # fmt: skip
def test_units_of_the_calendar(count: int, unit: str, expected: datetime | None) -> None:
    assert later(NEW_YEAR, count, unit) == expected


@pytest.mark.parametrize("count,unit", [(7974, "Year"), (-2026, "Year"), (10**9, "Day")])
def test_the_calendar_ends(count: int, unit: str) -> None:
    with pytest.raises(OverflowError):
        later(NEW_YEAR, count, unit)


# .NET's names differ from the standard's words here; it has no names where None stands.
DOTNET = {
    203: "NonAuthoritativeInformation", 300: "MultipleChoices", 404: "NotFound", 407: "ProxyAuthenticationRequired",
    408: "RequestTimeout", 413: "RequestEntityTooLarge", 414: "RequestUriTooLong", 416: "RequestedRangeNotSatisfiable",
    505: "HttpVersionNotSupported", 302: "Found", 307: "TemporaryRedirect", 500: "InternalServerError",
}  # fmt: skip
NAMELESS = {
    100,
    101,
    102,
    103,
    207,
    208,
    226,
    308,
    418,
    421,
    422,
    423,
    424,
    425,
    428,
    429,
    431,
    451,
    506,
    507,
    508,
    510,
    511,
}


def test_codes_have_the_names_of_dotnet() -> None:
    for status in http.HTTPStatus:
        number = status.value
        if number in NAMELESS:
            assert name_of(number) == str(number)
            continue
        name = DOTNET.get(number, status.phrase.replace(" ", "").replace("-", ""))
        assert name_of(number) == name
        assert number_of(name) == number
        assert number_of(f" {name.upper()} ") == number
    assert name_of(306) == "306"
    assert name_of(999) == "999"
    assert number_of(" 429 ") == 429
    assert number_of("nothing") is None


def answer(status: Any = 503, **more: Any) -> Outcome:
    return Outcome("Failed", "x", {"statusCode": status}, **more)


@pytest.mark.parametrize(
    "outcome,expected",
    [
        (answer(408), True), (answer(429), True), (answer(500), True), (answer(599), True), (answer(499), False),
        (answer(404), False), (answer(407), False), (answer(428), False), (answer("503"), False),
        (answer(404, retryable=True), True), (answer(503, retryable=False), False), (Outcome("Failed"), False),
        (Outcome("Succeeded", retryable=True), False), (Outcome("Failed", outputs="x"), False),
    ],
)  # fmt: skip
def test_what_is_worth_another_try(outcome: Outcome, expected: bool) -> None:
    assert is_retryable(outcome) is expected


def policy(**given: Any) -> Policy:
    return policy_of({"retryPolicy": given})


def test_policies_are_read() -> None:
    assert policy_of(None) == policy_of("x") == policy_of({}) == policy_of({"retryPolicy": "none"}) == DEFAULT
    assert Policy(4, 7.5 * S, True, 5 * S, 45 * S) == DEFAULT
    assert policy(type="None") == policy(type="none", count=3) == NONE == Policy(0)
    assert policy(type="default", count=9) == policy(count=9) == policy(type="odd") == DEFAULT
    assert policy(type="Fixed", count=2, interval="PT10S") == Policy(2, 10 * S)
    assert policy(type="fixed", count="3", interval="PT1S") == Policy(3, 5 * S)
    assert policy(type="fixed", count=-1, interval="P9D") == Policy(0, timedelta(days=1))
    assert policy(type="fixed", count=1000, interval="soon") == Policy(90, 7.5 * S)
    assert policy(type="fixed", count=True).count == policy(type="fixed", count=None).count == 4
    assert policy(type="fixed", count=1.5).count == policy(type="fixed", count="x").count == 4
    exponential = policy(type="Exponential", count=1, interval="PT10S")
    assert exponential == Policy(1, 10 * S, True, 5 * S, timedelta(days=1))
    narrow = policy(
        type="exponential", count=1, interval="PT10S", minimumInterval="PT30S", maximumInterval="PT20S"
    )
    assert (narrow.minimum, narrow.maximum) == (30 * S, 30 * S)
    wide = policy(
        type="exponential", count=1, interval="PT10S", minimumInterval="PT6S", maximumInterval="PT20S"
    )
    assert (wide.minimum, wide.maximum) == (6 * S, 20 * S)


class Fraction(Entropy):
    def __init__(self, value: float) -> None:
        super().__init__(b"")
        self.value = value

    def fraction(self) -> float:
        return self.value


def test_waits_between_tries() -> None:
    fixed, growing = Policy(2, 10 * S), Policy(9, 10 * S, True, 5 * S, 60 * S)
    plain = answer()
    assert fixed.wait(1, plain, Fraction(0.5)) == 10 * S
    assert fixed.wait(2, answer(retry_after=25.0), Fraction(0)) == 25 * S
    assert fixed.wait(2, answer(retry_after=3.0), Fraction(0)) == 10 * S
    assert fixed.wait(2, answer(retry_after=-3.0), Fraction(0)) == 10 * S
    assert fixed.wait(2, answer(retry_after=1e12), Fraction(0)) == timedelta(days=1)
    assert [growing.wait(1, plain, Fraction(f)) for f in (0, 0.75, 0.999999)] == [5 * S, 7.5 * S, 9.99999 * S]
    assert [growing.wait(2, plain, Fraction(f)) for f in (0, 0.5)] == [10 * S, 15 * S]
    assert [growing.wait(3, plain, Fraction(f)) for f in (0, 0.5)] == [20 * S, 30 * S]
    assert growing.wait(9, plain, Fraction(0)) == 60 * S
    assert growing.wait(90, plain, Fraction(0.5)) == 60 * S


def test_chance_is_a_stream_that_follows_from_its_seed() -> None:
    one, other = Entropy(b"seed"), Entropy(b"seed")
    drawn = one.random_bytes(100)
    assert drawn == other.random_bytes(40) + other.random_bytes(60)
    assert len(drawn) == 100
    assert drawn != Entropy(b"else").random_bytes(100)
    fractions = [one.fraction() for _ in range(200)]
    assert all(0 <= f < 1 for f in fractions)
    assert len(set(fractions)) == 200
    assert max(fractions) > 0.9
    assert min(fractions) < 0.1


def test_keys_are_the_same_for_every_try_and_differ_between_executions() -> None:
    run_id = "0198a000-0000-7000-8000-000000000001"
    assert execution_key(run_id, "A", ()) == "8b4bb92e-c092-5231-aad9-8531cd588869"
    keys = {execution_key(r, n, i) for r in (run_id, "plain") for n in ("A", "B") for i in ((), (0,), (0, 1))}
    assert len(keys) == 12


# -- variables


def test_a_big_value_stays_apart_until_something_is_appended() -> None:
    ref = Ref("h", 10, "Array", "")
    variable = Variable("Array", ref)
    assert variable.read(lambda found: pytest.fail("loaded for nothing")) is ref
    variable.append(3)
    assert variable.read(lambda found: [1, 2]) == [1, 2, 3]
    assert variable.growing
    variable.release()
    assert not variable.growing
    text = Variable("String", None)
    text.append("a")
    text.append("b")
    assert text.read(lambda found: found) == "ab"


def test_a_list_that_was_handed_out_is_not_changed() -> None:
    variable = Variable("Array", [1])
    given = variable.read(lambda found: found)
    variable.append(2)
    mine = variable.read(lambda found: found)
    assert (given, mine) == ([1], [1, 2])
    variable.append(3)
    assert variable.read(lambda found: found) is mine  # nobody else holds it: it grows in place
    variable.release()
    variable.append(4)
    assert variable.read(lambda found: found) == [1, 2, 3, 4]
    assert mine == [1, 2, 3]


def test_variables_are_equal_by_type_and_value() -> None:
    grown = Variable("Array", [1])
    grown.append(2)
    assert grown == Variable("Array", [1, 2])
    assert Variable("Array", [1]) != Variable("Array", [2])
    assert Variable("Integer", 1) != Variable("Float", 1)
    assert Variable("Integer", 1) != 1
    ref = Ref("h", 10, "Array", "")
    assert Variable("Array", ref) == Variable("Array", ref)
    assert "Array" in repr(grown)


def test_names_prefer_their_spelling() -> None:
    state = RunState.empty()
    state.variables = {"A": Variable("Integer", 1), "a": Variable("Integer", 2)}
    for name, value in (("A", 1), ("a", 2)):
        found = state.variable(name)
        assert found is not None
        assert found.read(lambda ref: ref) == value
    assert state.variable("b") is None


# -- plans


def wrong(actions: dict[str, Any], **definition: Any) -> PlanError:
    with pytest.raises(PlanError) as caught:
        compile_plan(read({"actions": actions, **definition}))
    return caught.value


def test_graphs_without_an_order_are_refused() -> None:
    circle = wrong(
        {
            n: {"type": "Compose", "inputs": 1, "runAfter": {b: ["Succeeded"]}}
            for n, b in (("A", "B"), ("B", "A"))
        }
    )
    assert str(circle) == (
        "The actions 'A', 'B' wait for each other in a circle, so none of them can start. Change 'runAfter' of one of "
        "them."
    )
    assert circle.pointer.endswith("/actions/A/runAfter")
    nobody = wrong(
        {"S": {"type": "Scope", "actions": {"A": {"type": "Compose", "inputs": 1, "runAfter": {"Z": []}}}}}
    )
    assert str(nobody) == (
        "The action 'A' runs after 'Z', but there is no action of that name beside it. Remove the entry from its "
        "'runAfter' or correct the name."
    )
    assert nobody.pointer.endswith("/actions/S/actions/A/runAfter")
    twice = wrong({"A": {"type": "Scope", "actions": {"A": {"type": "Compose", "inputs": 1}}}})
    assert str(twice) == (
        f"Two actions are named 'A' (the second at {twice.pointer}). Names must be unique in the whole definition: "
        "rename one of them."
    )
    deep: dict[str, Any] = {"L0": {"type": "Compose", "inputs": 1}}
    for level in range(1, 102):
        deep = {f"L{level}": {"type": "Scope", "actions": deep}}
    assert str(wrong(deep)) == "The action 'L0' is nested 101 levels deep; 100 is the most."
    plan_of(next(iter(deep.values()))["actions"])  # one level less


def test_a_trigger_in_run_after_is_passed_over() -> None:
    action = {"type": "Compose", "inputs": 1, "runAfter": {"manual": ["Succeeded"]}}
    plan = compile_plan(read({"triggers": {"manual": {"type": "Request"}}, "actions": {"A": action}}))
    assert plan.root.first == (0,)


def test_how_callers_are_answered() -> None:
    answer_ = {"type": "Response", "inputs": {"statusCode": 200}}
    late = {**answer_, "operationOptions": "Asynchronous"}
    assert plan_of({"A": {"type": "Compose", "inputs": 1}}).response is ResponseMode.NONE
    assert plan_of({"S": {"type": "Scope", "actions": {"R": answer_}}}).response is ResponseMode.SYNC
    assert plan_of({"R": answer_, "L": late}).response is ResponseMode.ASYNC


def test_names_of_actions_ignore_case_but_prefer_their_spelling() -> None:
    plan = plan_of({"Foo": {"type": "Compose", "inputs": 1}, "foo": {"type": "Compose", "inputs": 2}})
    for name in ("Foo", "foo"):
        assert plan.find(name) is plan.by_name[name]
    assert plan.find("FOO") is plan.by_name["Foo"]
    assert plan.find("bar") is None


# -- secrets

SECRET = {"parameters": {"p": {"type": "SecureString", "defaultValue": "s"}}}


def compose(value: Any, **more: Any) -> dict[str, Any]:
    return {"type": "Compose", "inputs": value, **more}


def secured(actions: dict[str, Any], **definition: Any) -> tuple[set[str], set[str], set[str]]:
    plan = plan_of(actions, **definition)
    for name, action in plan.by_name.items():
        assert action.secured_inputs == (name in plan.secured_inputs)
        assert action.secured_outputs == (name in plan.secured_outputs)
    return set(plan.secured_inputs), set(plan.secured_outputs), set(plan.secured_variables)


OUTPUTS = {"runtimeConfiguration": {"secureData": {"properties": ["Outputs"]}}}
INPUTS = {"runtimeConfiguration": {"secureData": {"properties": ["inputs"]}}}
HTTP: dict[str, Any] = {"type": "Http", "inputs": {"method": "GET", "uri": "https://x"}}


def test_secrets_spread_through_what_reads_them() -> None:
    assert secured({"A": compose(1)}, **SECRET) == (set(), set(), set())
    assert secured({"A": compose("@parameters('P')"), "B": compose("@outputs('a')"), "C": compose(1)}, **SECRET) == (
        {"A", "B"}, {"A", "B"}, set(),
    )  # fmt: skip
    called = {"H": {"type": "Http", "inputs": {"uri": "@parameters('p')"}}, "B": compose("@body('H')")}
    # What was called answers with something of its own (reference 9.8): only its inputs are secret.
    assert secured(called, **SECRET) == ({"H"}, set(), set())
    called["B"] = compose("@actions('H')['inputs']")
    assert secured(called, **SECRET) == ({"H", "B"}, {"B"}, set())
    assert secured({"H": HTTP | OUTPUTS, "B": compose("@body('H')"), "C": compose("@outputs('B')")}) == (
        {"B", "C"}, {"H", "B", "C"}, set(),
    )  # fmt: skip
    assert secured({"H": HTTP | INPUTS, "B": compose("@actions('H')")}) == ({"H", "B"}, {"B"}, set())
    response = {"R": {"type": "Response", "inputs": {"statusCode": 200, "body": "@parameters('p')"}}}
    assert secured(response, **SECRET) == ({"R"}, {"R"}, set())


def test_secrets_spread_through_variables_loops_scopes_and_triggers() -> None:
    init = {"type": "InitializeVariable", "inputs": {"variables": [{"name": "V", "type": "string"}, 3]}}
    set_ = {"type": "SetVariable", "inputs": {"name": "v", "value": "@parameters('p')"}}
    found = secured(
        {"I": init, "S": set_, "R": compose("@variables('V')"), "N": compose("@variables('w')")}, **SECRET
    )
    assert found == ({"S", "R"}, {"S", "R"}, {"v"})
    started = {
        "I": {
            "type": "InitializeVariable",
            "inputs": {"variables": [{"name": "V", "value": "@parameters('p')"}]},
        }
    }
    assert secured(started, **SECRET)[2] == {"v"}
    loop = {
        "type": "Foreach",
        "foreach": "@createArray(parameters('p'))",
        "actions": {"A": compose("@item()")},
    }
    other = {
        "type": "Foreach",
        "foreach": [1],
        "actions": {"B": compose("@item()"), "C": compose("@items('L')")},
    }
    assert secured({"L": loop, "M": other}, **SECRET)[0] == {"L", "A", "C"}
    scope = {"type": "Scope", "actions": {"In": {"type": "Scope", "actions": {"H": HTTP | OUTPUTS}}}}
    assert secured(
        {"S": scope, "R": compose("@result('S')"), "Q": compose("@result('T')"), "T": {"type": "Scope"}}
    )[0] == {"R"}
    trigger = {"triggers": {"t": {"type": "Request", **OUTPUTS}}}
    plan = compile_plan(read({"actions": {"A": compose("@triggerBody()"), "B": compose(1)}, **trigger}))
    assert (plan.secured_trigger, plan.secured_inputs) == (True, {"A"})
    open_ = compile_plan(
        read({"actions": {"A": compose("@triggerBody()")}, "triggers": {"t": {"type": "Request", **INPUTS}}})
    )
    assert (open_.secured_trigger, open_.secured_inputs) == (False, frozenset())


def test_names_made_at_run_time_count_where_there_is_a_secret() -> None:
    dynamic = compose("@outputs(concat('A', ''))")
    assert secured({"A": compose(1), "D": dynamic})[0] == set()
    for secret in ({"A": HTTP | OUTPUTS}, {"A": HTTP | INPUTS, "Z": compose("@actions('A')")}):
        assert "D" in secured({**secret, "D": dynamic})[0]
    assert "D" in secured({"A": compose(1), "D": dynamic}, **SECRET)[0]


def test_records_of_expressions_name_what_is_there() -> None:
    driver = run(
        {"A": compose("@action()"), "W": compose("@workflow()"), "T": compose("@trigger()")}, {"k": 1}
    )
    assert driver.outputs("A") == {"name": "A"}
    assert driver.outputs("W") == {
        "id": "wf", "name": "wf", "type": "workflow", "location": "", "tags": {"flowDisplayName": "wf"},
        "run": {"name": driver.state.run_id, "type": "workflow/run", "id": f"wf/runs/{driver.state.run_id}"},
    }  # fmt: skip
    assert driver.outputs("T")["outputs"]["body"] == {"k": 1}
