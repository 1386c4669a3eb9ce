"""The splices that turn one JSON text into another.

Used where somebody hands over a whole text (import over an existing workflow, the code view): the stored text
then changes only where the two differ, and the draft's history stays readable. Compared are the values as
spelled (`1.0` is not `1`, an escaped letter is not the letter itself); white space and comments are not
compared.
"""

from __future__ import annotations

from bisect import bisect_left

from runtime.language.document import Document, Node, parse, pointer_of
from runtime.language.printing import spelled
from runtime.language.splices import Splice

Path = tuple[str | int, ...]


def diff(old: str, new: str) -> list[Splice]:
    """A small patch after which `old` spells the values of `new`; empty when it already does."""
    comparison = _Comparison(parse(old), parse(new))
    comparison.values((), comparison.old.root, comparison.new.root)
    return comparison.patch


class _Comparison:
    def __init__(self, old: Document, new: Document) -> None:
        self.old = old
        self.new = new
        self.patch: list[Splice] = []
        self._spelled: dict[tuple[bool, int], str] = {}

    def before(self, node: Node) -> str:
        return self._text(self.old, node, True)

    def after(self, node: Node) -> str:
        return self._text(self.new, node, False)

    def _text(self, document: Document, node: Node, which: bool) -> str:
        key = (which, node.start)
        if key not in self._spelled:
            self._spelled[key] = spelled(document, node)
        return self._spelled[key]

    def values(self, path: Path, old: Node, new: Node) -> None:
        if old.kind == new.kind == "object" and not (_repeats(old) or _repeats(new)):
            self.objects(path, old, new)
        elif old.kind == new.kind == "array":
            self.arrays(path, old, new)
        elif self.before(old) != self.after(new):
            self.patch.append({"op": "set", "at": pointer_of(*path), "text": self.new.source(new)})

    def objects(self, path: Path, old: Node, new: Node) -> None:
        was = {member.name: member.value for member in old.members}
        wanted = {member.name: member.value for member in new.members}
        gone = [name for name in was if name not in wanted]
        come = [name for name in wanted if name not in was]
        order = list(was)
        for name in gone:
            heir = self.renamed(was[name], wanted, come)
            if heir is None:
                self.patch.append({"op": "remove", "at": pointer_of(*path, name)})
                order.remove(name)
            else:
                self.patch.append({"op": "rename", "at": pointer_of(*path, name), "name": heir})
                order[order.index(name)] = heir
                come.remove(heir)
        for name in wanted:
            if name in was:
                self.values((*path, name), was[name], wanted[name])
        self.order(path, order, wanted)

    def renamed(self, value: Node, wanted: dict[str, Node], come: list[str]) -> str | None:
        """The new name under which a member lives on with the same value; scalars are too alike to tell."""
        if not value.children:
            return None
        return next((name for name in come if self.after(wanted[name]) == self.before(value)), None)

    def order(self, path: Path, names: list[str], wanted: dict[str, Node]) -> None:
        """Insert what is new and move what is out of order, from the end, so that each neighbour is in place
        already.
        """
        places = {name: place for place, name in enumerate(wanted)}
        settled = _longest_rising(names, places)
        present = set(names)
        following: str | None = None
        for name in reversed(list(wanted)):
            at = pointer_of(*path, name)
            if name not in present:
                self.patch.append(
                    {"op": "insert", "at": at, "text": self.new.source(wanted[name]), "before": following}
                )
            elif name not in settled:
                self.patch.append({"op": "move", "at": at, "to": at, "before": following})
            following = name

    def arrays(self, path: Path, old: Node, new: Node) -> None:
        head = 0
        shorter = min(len(old.items), len(new.items))
        while head < shorter and self.before(old.items[head]) == self.after(new.items[head]):
            head += 1
        tail = 0
        while tail < shorter - head and self.before(old.items[-1 - tail]) == self.after(new.items[-1 - tail]):
            tail += 1
        was, wanted = old.items[head : len(old.items) - tail], new.items[head : len(new.items) - tail]
        paired = min(len(was), len(wanted))
        for place in range(paired):
            self.values((*path, head + place), was[place], wanted[place])
        for place in range(len(was) - 1, paired - 1, -1):
            self.patch.append({"op": "remove", "at": pointer_of(*path, head + place)})
        for place in range(paired, len(wanted)):
            text = self.new.source(wanted[place])
            self.patch.append(
                {"op": "insert", "at": pointer_of(*path, head + place), "text": text, "before": None}
            )


def _repeats(node: Node) -> bool:
    return len({member.name for member in node.members}) < len(node.members)


def _longest_rising(names: list[str], places: dict[str, int]) -> set[str]:
    """A longest selection of names that already stand in the wanted order."""
    ends: list[int] = []
    last: list[int] = []
    back: list[int] = []
    for index, name in enumerate(names):
        length = bisect_left(ends, places[name])
        back.append(last[length - 1] if length else -1)
        ends[length : length + 1] = [places[name]]
        last[length : length + 1] = [index]
    chosen: set[str] = set()
    index = last[-1] if last else -1
    while index >= 0:
        chosen.add(names[index])
        index = back[index]
    return chosen
