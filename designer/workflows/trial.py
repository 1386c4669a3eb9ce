"""Trial runs: the draft up to one action, for real, or with the answers that earlier actions gave before.

What is run is a definition of its own, cut from the draft. Actions that call something outside, other than
the tried one, get a static result (reference 9.9) each; what only computes is computed anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from designer.workflows import texts
from designer.workflows.errors import NotRunnable
from runtime.language.definition import Action
from runtime.language.document import tokens
from runtime.language.values import Json, dumps

# Types of reference 1.6 that leave the workflow; connectors that only compute are among them.
_OUTSIDE = frozenset(
    {
        "http", "httpwebhook", "apiconnection", "apiconnectionwebhook", "openapiconnection",
        "openapiconnectionwebhook", "apimanagement", "serviceprovider", "function", "invokefunction",
        "workflow", "sendtobatch",
    }
)  # fmt: skip
_BRANCHES = (("actions",), ("else", "actions"), ("default", "actions"))

Answer = Callable[[str], dict[str, Json]]
"""The static result that stands for an action, by name. Raises NotRunnable where there is none."""


def up_to(text: str, name: str, answer: Answer | None = None) -> str:
    """The text of a definition that ends with the action `name`. Raises NotRunnable: there is no such action.

    With `answer` every action that calls something outside, except the tried one, gets its static result.
    """
    document = texts.value_of(text)
    definition: dict[str, Any] = document
    for step in tokens(texts.definition_pointer(text)):
        definition = definition[step]
    actions = definition.get("actions")
    kept = _cut(actions, name.casefold()) if isinstance(actions, dict) else None
    if kept is None:
        raise NotRunnable(f"The draft has no action '{name}'. It may have been renamed or deleted meanwhile.")
    definition["actions"] = kept
    if answer is not None:
        _answered(definition, name.casefold(), answer)
    return dumps(document)


def loops_around(text: str, name: str) -> int:
    """How many loops the action stands in."""

    def depth(actions: Mapping[str, Action], around: int) -> int | None:
        for one in actions.values():
            if one.name.casefold() == name.casefold():
                return around
            inner = around + (one.type in ("Foreach", "Until"))
            for branch in one.branches:
                found = depth(branch.actions, inner)
                if found is not None:
                    return found
        return None

    return depth(texts.definition_of(text).actions, 0) or 0


def _cut(actions: dict[str, Any], wanted: str) -> dict[str, Any] | None:
    """The actions that the wanted one needs, itself among them; None where it is not in this group."""
    for name, action in actions.items():
        kept = action if name.casefold() == wanted else _cut_inside(action, wanted)
        if kept is None:
            continue
        before = _before(actions, name)
        return {
            one: kept if one == name else given
            for one, given in actions.items()
            if one == name or one.casefold() in before
        }
    return None


def _cut_inside(action: Any, wanted: str) -> dict[str, Any] | None:
    for path in _branches_of(action):
        holder = action
        for step in path[:-1]:
            holder = holder[step]
        kept = _cut(holder[path[-1]], wanted)
        if kept is None:
            continue
        # The other branches stay, empty: which one is taken is decided as ever.
        for other in _branches_of(action):
            _put(action, other, kept if other == path else {})
        return dict(action)
    return None


def _branches_of(action: Any) -> list[tuple[str, ...]]:
    if not isinstance(action, dict):
        return []
    cases = action.get("cases")
    paths = [*_BRANCHES, *(("cases", name, "actions") for name in (cases if isinstance(cases, dict) else ()))]
    return [path for path in paths if isinstance(_get(action, path), dict)]


def _get(value: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _put(value: Any, path: tuple[str, ...], inner: Any) -> None:
    for step in path[:-1]:
        value = value[step]
    value[path[-1]] = inner


def _before(actions: dict[str, Any], name: str) -> set[str]:
    """Lower-case names of everything that runs before, within the group."""
    spelled = {one.casefold(): one for one in actions}
    found: set[str] = set()
    pending = [name.casefold()]
    while pending:
        action = actions[spelled[pending.pop()]]
        links = action.get("runAfter") if isinstance(action, dict) else None
        for link in links if isinstance(links, dict) else ():
            if link.casefold() in spelled and link.casefold() not in found:
                found.add(link.casefold())
                pending.append(link.casefold())
    return found


def _every(actions: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, action in actions.items():
        if isinstance(action, dict):
            yield name, action
            for path in _branches_of(action):
                yield from _every(_get(action, path))


def _answered(definition: dict[str, Any], tried: str, answer: Answer) -> None:
    results = definition.setdefault("staticResults", {})
    for name, action in _every(definition["actions"]):
        if name.casefold() == tried or str(action.get("type", "")).lower() not in _OUTSIDE:
            continue
        settings = action.setdefault("runtimeConfiguration", {})
        pinned = settings.get("staticResult")
        if isinstance(pinned, dict) and str(pinned.get("staticResultOptions", "")).lower() == "enabled":
            continue
        key = f"answer of {name}"
        results[key] = answer(name)
        settings["staticResult"] = {"name": key, "staticResultOptions": "Enabled"}
