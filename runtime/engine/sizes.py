"""How large a value may be that becomes a fact of a run.

Lists and objects are passed on without copying, so a loop that puts a value into itself twice a turn makes
one of 2^60 members out of almost no memory; writing it down would then end the process. Every value an action
has evaluated is weighed as if it was written, before it is one.
"""

from __future__ import annotations

from runtime.language.expressions import limits
from runtime.language.expressions.limits import JSON_DEPTH, TEXT_LENGTH
from runtime.language.values import Json

MOST_LEVELS = JSON_DEPTH + 44  # what can be read, and what records put around it
_MEMBER = 24  # characters that one member counts at least: its place in memory costs more
_SMALL_LENGTH, _SMALL_TEXT, _SMALL_LEVELS = 8, 256, 2
_WORTH_KNOWING = 1000  # weight from which that of a value is remembered

# Values weighed before, by identity: the value itself (so that it stays), its weight and its depth.
Known = dict[int, tuple[Json, int, int]]
# Lists and objects at one depth, by identity, and how often each is there.
Level = dict[int, tuple[Json, int]]


def excess(value: Json, known: Known) -> str:
    """Why the value cannot be kept, as the end of a sentence; empty when it can.

    The weight counts as work of the slice.
    """
    kind = type(value)
    if kind is str:
        if len(value) > _SMALL_TEXT:
            limits.note(len(value))
        return _too_large(len(value)) if len(value) > TEXT_LENGTH else ""
    if (kind is not dict and kind is not list) or _is_small(value, _SMALL_LEVELS):
        return ""
    weight = depth = deepest = 0
    level: Level = {id(value): (value, 1)}
    while level:
        depth += 1
        below: Level = {}
        for key, (item, times) in level.items():
            found = known.get(key)
            if found is not None:
                weight += times * found[1]
                deepest = max(deepest, depth + found[2])
            else:
                weight += times * _own_weight(item, times, below)
        if weight > TEXT_LENGTH:
            limits.note(weight)
            return _too_large(weight)
        if max(depth, deepest) > MOST_LEVELS:
            return f"is nested more than {MOST_LEVELS} levels deep"
        level = below
    limits.note(weight)
    if weight >= _WORTH_KNOWING:
        known[id(value)] = (value, weight, max(depth, deepest) - 1)
    return ""


def _is_small(value: Json, levels: int) -> bool:
    """Whether a look is enough: few members, short texts, hardly nested. Most values are."""
    if len(value) > _SMALL_LENGTH:
        return False
    for member in value.values() if type(value) is dict else value:
        kind = type(member)
        if kind is str:
            if len(member) > _SMALL_TEXT:
                return False
        elif (kind is dict or kind is list) and not (levels and _is_small(member, levels - 1)):
            return False
    return True


def _own_weight(item: Json, times: int, below: Level) -> int:
    """The weight of a list or object without the lists and objects in it, which are put into `below`.

    One that is there already, because others hold it too, is not looked into again: it counts more often.
    """
    weight = _MEMBER * len(item)
    if type(item) is dict:
        weight += sum(map(len, item))
        members = item.values()
    else:
        members = item
    for member in members:
        kind = type(member)
        if kind is str:
            weight += len(member)
        elif kind is dict or kind is list:
            key = id(member)
            known = below.get(key)
            below[key] = (member, times if known is None else known[1] + times)
    return weight


def _too_large(weight: int) -> str:
    return f"is too large: at least {weight:,} characters, and {TEXT_LENGTH:,} are the most"
