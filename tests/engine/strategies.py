"""Definitions of every shape for Hypothesis: graphs with all statuses, containers, loops, outcomes."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

STATUSES = ("Succeeded", "Failed", "Skipped", "TimedOut")
LEAF_KINDS = ("ok", "ok", "bad", "http", "http", "wait", "variable", "unknown", "webhook")
CONTAINER_KINDS = ("Scope", "If", "Switch", "Foreach", "Until")


def leaf(kind: str) -> dict[str, Any]:
    match kind:
        case "ok":
            return {"type": "Compose", "inputs": "@concat('a', 'b')"}
        case "bad":
            return {"type": "Compose", "inputs": "@int('no number')"}
        case "http":
            return {
                "type": "Http",
                "inputs": {
                    "method": "GET",
                    "uri": "https://x.test",
                    "retryPolicy": {"type": "fixed", "count": 2, "interval": "PT10S"},
                },
            }
        case "wait":
            return {"type": "Wait", "inputs": {"interval": {"count": 10, "unit": "Second"}}}
        case "variable":
            return {"type": "IncrementVariable", "inputs": {"name": "n", "value": 1}}
        case "webhook":
            return {
                "type": "HttpWebhook",
                "inputs": {"subscribe": {"method": "POST", "uri": "https://x.test"}},
            }
        case _:
            return {"type": "Agent", "inputs": {}}


class Namer:
    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> str:
        self.count += 1
        return f"A{self.count}"


@st.composite
def actions(draw: st.DrawFn, name: Namer, depth: int = 0) -> dict[str, Any]:
    """The actions of one branch: later ones may run after earlier ones, on any statuses."""
    made: dict[str, Any] = {}
    for _ in range(draw(st.integers(0 if depth else 1, 4))):
        nested = depth < 3 and draw(st.integers(0, 3)) == 0
        own = name()
        item = draw(container(name, depth)) if nested else leaf(draw(st.sampled_from(LEAF_KINDS)))
        before = draw(st.lists(st.sampled_from(sorted(made)), unique=True, max_size=2)) if made else []
        item["runAfter"] = {
            other: draw(st.lists(st.sampled_from(STATUSES), unique=True, min_size=1, max_size=3))
            for other in before
        }
        made[own] = item
    return made


@st.composite
def container(draw: st.DrawFn, name: Namer, depth: int) -> dict[str, Any]:
    kind = draw(st.sampled_from(CONTAINER_KINDS))
    inner = draw(actions(name, depth + 1))
    if kind == "Scope":
        return {"type": kind, "actions": inner}
    if kind == "If":
        test = draw(
            st.sampled_from(("@true", "@equals(1, 2)", "@equals(1, 1)", "@string('no')", "@int('x')"))
        )
        return {
            "type": kind,
            "expression": test,
            "actions": inner,
            "else": {"actions": draw(actions(name, depth + 1))},
        }
    if kind == "Switch":
        return {
            "type": kind,
            "expression": draw(st.sampled_from(("a", "b", "@string('c')", "@null", "@json('2')"))),
            "cases": {"One": {"case": "a", "actions": inner}, "Two": {"case": "b", "actions": {}}},
            "default": {"actions": draw(actions(name, depth + 1))},
        }
    if kind == "Foreach":
        count = draw(st.integers(0, 3))
        items = draw(st.sampled_from((f"@range(0, {count})", list(range(count)), "@null")))
        made: dict[str, Any] = {"type": kind, "foreach": items, "actions": inner}
        limit = draw(st.sampled_from((None, 1, 2)))
        if limit:
            made["runtimeConfiguration"] = {"concurrency": {"repetitions": limit}}
        return made
    return {
        "type": "Until",
        "expression": "@false" if draw(st.booleans()) else "@equals(1, 1)",
        "limit": {"count": draw(st.integers(1, 3)), "timeout": "P1D"},
        "actions": inner,
    }


@st.composite
def limited(draw: st.DrawFn) -> dict[str, Any]:
    """A definition in which many actions have a time limit."""
    definition = draw(definitions())
    pending = [definition["actions"]]
    while pending:
        for item in pending.pop().values():
            inner = [item.get("actions"), (item.get("else") or {}).get("actions")]
            inner += [(item.get("default") or {}).get("actions")]
            inner += [case["actions"] for case in (item.get("cases") or {}).values()]
            pending.extend(actions for actions in inner if actions)
            if item["type"] != "Until" and draw(st.booleans()):
                item["limit"] = {"timeout": draw(st.sampled_from(("PT1S", "PT5S", "PT30S")))}
    return definition


@st.composite
def definitions(draw: st.DrawFn) -> dict[str, Any]:
    name = Namer()
    made: dict[str, Any] = {
        "Start": {
            "type": "InitializeVariable",
            "inputs": {"variables": [{"name": "n", "type": "integer", "value": 0}]},
            "runAfter": {},
        }
    }
    for own, item in draw(actions(name)).items():
        if not item["runAfter"]:
            item["runAfter"] = {"Start": ["Succeeded"]}
        made[own] = item
    return {"actions": made, "triggers": {}}
