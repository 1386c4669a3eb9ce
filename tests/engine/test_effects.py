"""What needs the outside: retries, polls, limits, webhooks, waits, responses, children (6, 8, 10.5)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from runtime.engine import events as ev
from runtime.engine.commands import Abort, CancelTimer, Execute, StartTimer
from runtime.engine.entropy import Entropy
from runtime.engine.events import Outcome
from runtime.engine.retry import DEFAULT, policy_of
from tests.engine.driver import START, Driver, ok, plan_of, run

GET = {"type": "Http", "inputs": {"method": "GET", "uri": "https://x.test/a"}}


def http(**inputs: Any) -> dict[str, Any]:
    return {"type": "Http", "inputs": GET["inputs"] | inputs}


def sequence(*outcomes: Outcome) -> Any:
    left = list(outcomes)
    return lambda command: left.pop(0)


class TestRetry:
    def test_fixed(self) -> None:
        policy = {"type": "FIXED", "count": 2, "interval": "PT30S"}
        driver = run(
            {"H": http(retryPolicy=policy)}, answers=sequence(ok(status=503), ok(status=503), ok("yes"))
        )
        driver.pass_time()
        record = driver.record("H")
        assert (record.status, record.outputs["body"]) == ("Succeeded", "yes")
        assert driver.now - START == timedelta(seconds=60)
        effort = record.effort
        assert effort is not None
        assert [(t.attempt, t.code) for t in effort.tries] == [(1, "503"), (2, "503"), (3, "OK")]

    def test_it_gives_up_and_keeps_the_last_outputs(self) -> None:
        policy = {"type": "fixed", "count": 1, "interval": "PT5S"}
        driver = run({"H": http(retryPolicy=policy)}, answers=lambda command: ok("no", 500)).pass_time()
        assert (driver.status("H"), driver.outputs("H")["body"], driver.record("H").error) == (
            "Failed",
            "no",
            None,
        )

    @pytest.mark.parametrize(
        "status,tries", [(408, 5), (429, 5), (500, 5), (599, 5), (404, 1), (302, 1), (400, 1)]
    )
    def test_what_is_retried(self, status: int, tries: int) -> None:
        seen: list[Execute] = []

        def answer(command: Execute) -> Outcome:
            seen.append(command)
            return ok(status=status)

        Driver(plan_of({"H": GET}), answer).start().pass_time()
        assert len(seen) == tries
        assert [c.attempt for c in seen] == list(range(1, tries + 1))
        assert len({c.key for c in seen}) == 1

    def test_no_answer_at_all_is_retried(self) -> None:
        lost = Outcome(
            "Failed", "BadGateway", error={"code": "BadGateway", "message": "gone"}, retryable=True
        )
        assert run({"H": GET}, answers=sequence(lost, ok())).pass_time().status("H") == "Succeeded"

    def test_retry_after_is_respected(self) -> None:
        busy = Outcome("Failed", "429", {"statusCode": 429}, retry_after=120)
        policy = {"type": "fixed", "count": 1, "interval": "PT5S"}
        driver = run({"H": http(retryPolicy=policy)}, answers=sequence(busy, ok())).pass_time()
        assert driver.now - START == timedelta(seconds=120)

    def test_default_waits_stay_between_5_and_45_seconds(self) -> None:
        assert policy_of({}) is DEFAULT
        for seed in range(200):
            entropy = Entropy(bytes([seed]))
            waits = [DEFAULT.wait(n, ok(status=500), entropy).total_seconds() for n in range(1, 5)]
            assert all(5 <= wait <= 45 for wait in waits)
            assert 5 <= waits[0] <= 7.5
            assert 7.5 <= waits[1] <= 15
            assert 15 <= waits[2] <= 30
            assert 30 <= waits[3] <= 45

    def test_limits_of_a_policy(self) -> None:
        assert policy_of({"retryPolicy": {"type": "fixed", "count": 500, "interval": "PT1S"}}).count == 90
        assert (
            policy_of({"retryPolicy": {"type": "fixed", "count": 2, "interval": "PT1S"}}).interval.seconds
            == 5
        )
        assert policy_of({"retryPolicy": {"type": "None"}}).count == 0
        given = {
            "type": "exponential",
            "count": 3,
            "interval": "PT10S",
            "minimumInterval": "PT20S",
            "maximumInterval": "PT25S",
        }
        policy = policy_of({"retryPolicy": given})
        waits = [policy.wait(n, ok(status=500), Entropy(b"x")).total_seconds() for n in (1, 2, 3)]
        assert all(20 <= wait <= 25 for wait in waits)


class TestPolling:
    def accepted(self, location: str | None = "/status", retry_after: float | None = None) -> Outcome:
        headers = {"location": location} if location else {}
        return Outcome(
            "Succeeded", "Accepted", {"statusCode": 202, "headers": headers}, retry_after=retry_after
        )

    def test_until_the_answer_is_not_202(self) -> None:
        seen: list[Any] = []
        outcomes = sequence(self.accepted(), self.accepted("https://x.test/other", 7), ok("done"))

        def answer(command: Execute) -> Outcome:
            seen.append((command.purpose, command.inputs.get("method"), command.inputs.get("uri")))
            return outcomes(command)  # type: ignore[no-any-return]

        driver = run({"H": http(method="POST", authentication={"type": "Basic"})}, answers=answer).pass_time()
        assert seen == [
            ("operation", "POST", "https://x.test/a"),
            ("poll", "GET", "https://x.test/status"),
            ("poll", "GET", "https://x.test/other"),
        ]
        assert driver.outputs("H")["body"] == "done"
        assert driver.now - START == timedelta(seconds=27)

    @pytest.mark.parametrize(
        "location,goes_along",
        [
            ("/status", True),
            ("https://X.test:443/status", True),
            ("https://other.test/status", False),
            ("http://x.test/status", False),
            ("https://x.test:8443/status", False),
            ("https://x.test@other.test/status", False),
        ],
    )
    def test_credentials_stay_with_their_server(self, location: str, goes_along: bool) -> None:
        seen: list[Any] = []
        outcomes = sequence(self.accepted(location), ok("done"))

        def answer(command: Execute) -> Outcome:
            seen.append("authentication" in command.inputs)
            return outcomes(command)  # type: ignore[no-any-return]

        run({"H": http(authentication={"type": "Basic", "password": "p"})}, answers=answer).pass_time()
        assert seen == [True, goes_along]

    def test_without_a_location_it_is_the_answer(self) -> None:
        driver = run({"H": GET}, answers=lambda command: self.accepted(None))
        assert driver.record("H").code == "Accepted"

    def test_switched_off(self) -> None:
        action = GET | {"operationOptions": "DisableAsyncPattern"}
        assert run({"H": action}, answers=lambda command: self.accepted()).status("H") == "Succeeded"


class TestTimeLimit:
    def test_it_ends_the_action_with_its_tries(self) -> None:
        limited = GET | {"limit": {"timeout": "PT1M"}}
        driver = run(
            {"H": limited, "N": {"type": "Compose", "inputs": 1, "runAfter": {"H": ["TimedOut"]}}},
            answers=lambda command: None,
        )
        assert driver.timers == {"timeout:H": START + timedelta(minutes=1)}
        driver.pass_time()
        assert (driver.status("H"), driver.record("H").code) == ("TimedOut", "ActionTimedOut")
        assert driver.status("N") == "Succeeded"
        assert any(isinstance(c, Abort) for c in driver.commands)

    def test_an_answer_in_time_cancels_the_timer(self) -> None:
        driver = run({"H": GET | {"limit": {"timeout": "PT1M"}}})
        assert CancelTimer("timeout:H") in driver.commands

    def test_a_late_answer_changes_nothing(self) -> None:
        driver = run(
            {
                "H": GET | {"limit": {"timeout": "PT1M"}},
                "W": {"type": "Wait", "inputs": {"interval": {"count": 1, "unit": "Hour"}}},
            },
            answers=lambda command: None,
        ).tick(120)
        before = list(driver.history)
        assert driver.send(ev.OperationEnded("H", (), 1, ok())).events == []
        assert driver.history == before

    def test_a_container_takes_what_is_inside_with_it(self) -> None:
        driver = run(
            {
                "S": {
                    "type": "Scope",
                    "limit": {"timeout": "PT1M"},
                    "actions": {
                        "H": GET,
                        "N": {"type": "Compose", "inputs": 1, "runAfter": {"H": ["Succeeded"]}},
                    },
                },
                "After": {"type": "Compose", "inputs": 1, "runAfter": {"S": ["TimedOut"]}},
            },
            answers=lambda command: None,
        ).pass_time()
        assert driver.statuses() == {"S": "TimedOut", "H": "Cancelled", "N": "Skipped", "After": "Succeeded"}
        assert driver.state.status == "Succeeded"

    def test_a_limit_that_is_none(self) -> None:
        assert "ISO 8601" in run({"H": GET | {"limit": {"timeout": "soon"}}}).record("H").error["message"]


class TestWait:
    @pytest.mark.parametrize(
        "count,unit,expected",
        [
            (10, "Minute", timedelta(minutes=10)),
            (2, "week", timedelta(weeks=2)),
            ("3", "Hour", timedelta(hours=3)),
            (1, "Month", timedelta(days=31)),
        ],
    )
    def test_interval(self, count: Any, unit: str, expected: timedelta) -> None:
        driver = run({"W": {"type": "Wait", "inputs": {"interval": {"count": count, "unit": unit}}}})
        assert driver.timers == {"timer:W": START + expected}
        assert driver.status("W") == "Waiting"
        driver.pass_time()
        assert (driver.status("W"), driver.record("W").code, driver.outputs("W")) == ("Succeeded", "OK", None)

    def test_until(self) -> None:
        driver = run({"W": {"type": "Wait", "inputs": {"until": {"timestamp": "2026-01-05T10:00:00+01:00"}}}})
        assert driver.timers == {"timer:W": START + timedelta(hours=1)}

    def test_a_past_moment_returns_at_once(self) -> None:
        driver = run({"W": {"type": "Wait", "inputs": {"until": {"timestamp": "2020-01-01"}}}})
        assert driver.state.status == "Succeeded"
        assert not any(isinstance(c, StartTimer) for c in driver.commands)

    def test_nonsense(self) -> None:
        driver = run({"W": {"type": "Wait", "inputs": {"interval": {"count": 1, "unit": "Fortnight"}}}})
        assert "'Fortnight' is not a unit of time" in driver.record("W").error["message"]


class TestWebhook:
    ACTION: dict[str, Any] = {
        "type": "HttpWebhook",
        "inputs": {
            "subscribe": {"method": "POST", "uri": "https://x.test", "body": {"url": "@{listCallbackUrl()}"}},
            "unsubscribe": {"method": "DELETE", "uri": "https://x.test/@{action().outputs.body}"},
        },
    }

    def test_subscribe_wait_continue_unsubscribe(self) -> None:
        driver = run({"H": self.ACTION}, answers=lambda command: ok("7"))
        first = driver.commands[1]
        assert isinstance(first, Execute)
        assert first.purpose == "subscribe"
        token = driver.tokens["H"]
        url = f"https://millrace.test/callbacks/{driver.state.run_id}/{token}"
        assert first.inputs["body"] == {"url": url}
        assert driver.status("H") == "Waiting"
        assert driver.send(ev.CallbackReceived("H", (), "another", {})).events == []
        driver.send(ev.CallbackReceived("H", (), token, {"body": "hello"}))
        assert (driver.status("H"), driver.outputs("H")) == ("Succeeded", {"body": "hello"})
        last = driver.commands[-1]
        assert isinstance(last, Execute)
        assert (last.purpose, last.inputs["uri"]) == ("unsubscribe", "https://x.test/7")

    def test_called_back_before_the_subscription_is_answered(self) -> None:
        driver = Driver(plan_of({"H": self.ACTION}), lambda command: None).start()
        driver.send(ev.CallbackReceived("H", (), driver.tokens["H"], {"body": 1}))
        assert driver.status("H") == "Running"
        driver.send(ev.OperationEnded("H", (), 1, ok()))
        assert driver.outputs("H") == {"body": 1}

    def test_cancel_unsubscribes(self) -> None:
        driver = run({"H": self.ACTION}, answers=lambda command: ok("7"))
        driver.send(ev.CancelRequested())
        assert [c.purpose for c in driver.commands if isinstance(c, Execute)][-1] == "unsubscribe"
        assert driver.status("H") == "Cancelled"

    def test_a_refused_subscription_fails(self) -> None:
        driver = run({"H": self.ACTION}, answers=lambda command: ok(status=400))
        assert driver.status("H") == "Failed"


class TestResponse:
    ACTION: dict[str, Any] = {
        "type": "Response",
        "inputs": {"statusCode": "201", "headers": {"x-n": 5, "x-b": True}, "body": {"a": 1}},
    }

    def test_it_answers_and_the_run_goes_on(self) -> None:
        driver = run(
            {"R": self.ACTION, "N": {"type": "Compose", "inputs": 1, "runAfter": {"R": ["Succeeded"]}}}
        )
        assert driver.response is not None
        assert (driver.response.status, driver.response.headers) == (201, {"x-n": "5", "x-b": "True"})
        assert driver.outputs("R") == {
            "statusCode": 201,
            "headers": {"x-n": "5", "x-b": "True"},
            "body": {"a": 1},
        }
        assert driver.status("N") == "Succeeded"

    def test_nobody_waits(self) -> None:
        driver = run({"R": self.ACTION}, waiting=False)
        record = driver.record("R")
        assert (record.status, record.code, record.error["code"]) == (
            "Skipped",
            "ActionResponseSkipped",
            "ActionResponseSkipped",
        )
        assert record.error["message"] == (
            "The execution of template action 'R' is skipped: the client application is not waiting for a "
            "response from service."
        )
        assert driver.state.status == "Succeeded"

    def test_a_second_one_fails(self) -> None:
        driver = run({"R": self.ACTION, "S": self.ACTION | {"runAfter": {"R": ["Succeeded"]}}})
        assert (driver.status("S"), driver.record("S").code) == ("Failed", "ActionResponseAlreadyDefined")

    def test_too_late(self) -> None:
        wait = {"type": "Wait", "inputs": {"interval": {"count": 10, "unit": "Minute"}}}
        driver = run({"W": wait, "R": self.ACTION | {"runAfter": {"W": ["Succeeded"]}}})
        driver.send(ev.ResponseExpired())
        driver.pass_time()
        assert (driver.status("R"), driver.record("R").code) == ("TimedOut", "ActionResponseTimedOut")
        assert driver.response is None

    @pytest.mark.parametrize("status", [100, 302, 199, 600, "abc", 1.5])
    def test_statuses_that_cannot_be(self, status: Any) -> None:
        driver = run({"R": {"type": "Response", "inputs": {"statusCode": status}}})
        assert driver.record("R").code == "WorkflowRunActionResponseStatusCodeNotSupported"


class TestChild:
    ACTION: dict[str, Any] = {
        "type": "Workflow",
        "inputs": {
            "host": {"triggerName": "manual", "workflow": {"id": "Other"}},
            "body": {"x": "@add(1, 1)"},
        },
    }

    def test_its_answer_is_the_result(self) -> None:
        driver = run({"C": self.ACTION})
        [child] = driver.children
        assert (child.workflow, child.trigger, child.payload, child.wait) == (
            "Other",
            "manual",
            {"body": {"x": 2}},
            True,
        )
        answer = ev.ChildEnded("C", (), "r", outputs={"statusCode": 200, "headers": {}, "body": "b"})
        driver.send(answer)
        assert driver.send(answer).events == []
        assert (driver.status("C"), driver.record("C").code, driver.outputs("C")["body"]) == (
            "Succeeded",
            "Accepted",
            "b",
        )

    def test_no_answer(self) -> None:
        driver = run({"C": self.ACTION})
        driver.send(ev.ChildEnded("C", (), "r", "Failed"))
        record = driver.record("C")
        assert (record.status, record.code, record.error["code"]) == ("Failed", "BadGateway", "NoResponse")

    def test_an_answer_that_is_an_error(self) -> None:
        driver = run({"C": self.ACTION})
        driver.send(ev.ChildEnded("C", (), "r", outputs={"statusCode": 404, "headers": {}}))
        assert (driver.status("C"), driver.record("C").code) == ("Failed", "NotFound")


def test_static_results_stand_in_for_the_action() -> None:
    static = {
        "Ok0": {
            "status": "Succeeded",
            "outputs": {"statusCode": "Created", "headers": {}, "body": {"id": 1}},
        },
        "No0": {
            "status": "Failed",
            "error": {"code": "BadRequest", "message": "no"},
            "code": "BadRequest",
            "outputs": {"statusCode": "BadRequest"},
        },
    }

    def using(name: str, option: str = "Enabled") -> dict[str, Any]:
        return {"runtimeConfiguration": {"staticResult": {"name": name, "staticResultOptions": option}}}

    driver = run(
        {
            "A": GET | using("Ok0"),
            "B": GET | using("No0"),
            "C": GET | using("No0", "Disabled"),
            "D": GET | using("Nowhere"),
        },
        staticResults=static,
    )
    assert [c.name for c in driver.commands if isinstance(c, Execute)] == ["C"]
    assert driver.outputs("A") == {"statusCode": 201, "headers": {}, "body": {"id": 1}}
    assert (driver.record("A").code, driver.record("A").inputs["uri"]) == ("Created", "https://x.test/a")
    assert (driver.status("B"), driver.record("B").error["message"]) == ("Failed", "no")
    assert driver.record("D").code == "InvalidStaticResultName"


def test_tracked_properties_see_the_finished_action() -> None:
    tracked = {"id": "@action()['outputs']?['body']?['id']", "status": "@action()['status']"}
    driver = run(
        {
            "H": GET | {"trackedProperties": tracked},
            "C": {"type": "Compose", "inputs": 1, "trackedProperties": {"x": "@int('no')"}},
        },
        answers=lambda command: ok({"id": 5}),
    )
    assert driver.record("H").tracked == {"id": 5, "status": "Succeeded"}
    assert driver.status("C") == "Succeeded"
    assert driver.record("C").error["code"] == "TrackedPropertiesEvaluationFailed"


def test_code_gets_the_records_it_names() -> None:
    code = "return workflowContext.actions.A.outputs + workflowContext.actions['B_2'].outputs"
    driver = run(
        {
            "A": {"type": "Compose", "inputs": 1},
            "B_2": {"type": "Compose", "inputs": 2},
            "Z": {"type": "Compose", "inputs": 3},
            "J": {
                "type": "JavaScriptCode",
                "inputs": {"code": code},
                "runAfter": {"A": ["Succeeded"], "B_2": ["Succeeded"], "Z": ["Succeeded"]},
            },
        }
    )
    [command] = [c for c in driver.commands if isinstance(c, Execute)]
    assert set(command.inputs["workflowContext"]["actions"]) == {"A", "B_2"}
    assert "workflowContext" not in driver.record("J").inputs


def test_the_run_may_take_too_long() -> None:
    driver = run({"H": GET}, answers=lambda command: None)
    driver.send(ev.TimerFired("run"))
    assert (driver.state.status, driver.state.code) == ("TimedOut", "WorkflowRunTimedOut")
    assert driver.status("H") == "Cancelled"


def test_outputs_of_the_run() -> None:
    driver = run(
        {"A": {"type": "Compose", "inputs": 4}}, outputs={"n": {"type": "Int", "value": "@outputs('A')"}}
    )
    assert driver.state.outputs == {"n": {"type": "Int", "value": 4}}
    bad = run({"A": {"type": "Compose", "inputs": 4}}, outputs={"n": {"type": "Int", "value": "@int('x')"}})
    assert (bad.state.status, bad.state.code) == ("Failed", "OutputParameterEvaluationFailed")
    assert (
        run(
            {"A": {"type": "Compose", "inputs": "@int('x')"}}, outputs={"n": {"type": "Int", "value": 1}}
        ).state.outputs
        is None
    )
