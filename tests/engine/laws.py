"""What must be true of every history, restated from the reference without the engine's code.

`check(definition, history)` reads the raw definition and the list of events and raises AssertionError with
the law that is broken. Addresses are (name, repetition).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from runtime.engine import events as ev

Address = tuple[str, tuple[int, ...]]
LOOPS = ("foreach", "until")


@dataclass
class Node:
    """An action as the definition gives it."""

    name: str
    type: str
    after: dict[str, list[str]]
    parent: str | None
    branch: str
    depth: int
    raw: dict[str, Any]
    children: list[str] = field(default_factory=list)


def nodes_of(definition: dict[str, Any]) -> dict[str, Node]:
    found: dict[str, Node] = {}

    def walk(actions: dict[str, Any], parent: str | None, branch: str, depth: int) -> None:
        for name, raw in (actions or {}).items():
            after = {p: [s.lower() for s in wanted] for p, wanted in (raw.get("runAfter") or {}).items()}
            kind = raw["type"].lower()
            found[name] = Node(name, kind, after, parent, branch, depth, raw)
            if parent is not None:
                found[parent].children.append(name)
            inner = depth + (kind in LOOPS)
            if kind == "switch":
                for case, item in (raw.get("cases") or {}).items():
                    walk(item.get("actions"), name, case, inner)
                walk((raw.get("default") or {}).get("actions"), name, "default", inner)
            else:
                walk(raw.get("actions"), name, "actions", inner)
                walk((raw.get("else") or {}).get("actions"), name, "else", inner)

    walk(definition["actions"], None, "actions", 0)
    spelling = {name.casefold(): name for name in found}
    for node in found.values():
        node.after = {spelling.get(name.casefold(), name): wanted for name, wanted in node.after.items()}
    return found


class Law(AssertionError):
    """A law is broken."""


def check(definition: dict[str, Any], history: list[ev.Event]) -> None:
    Checker(definition, history).check()


class Checker:
    def __init__(self, definition: dict[str, Any], history: list[ev.Event]) -> None:
        self.nodes = nodes_of(definition)
        self.history = history
        self.begin: dict[Address, int] = {}
        self.end: dict[Address, int] = {}
        self.status: dict[Address, str] = {}
        self.turns: dict[Address, dict[int, tuple[int, str]]] = defaultdict(dict)
        self.ended_early = any(
            isinstance(e, ev.CancelRequested)
            or (isinstance(e, ev.TimerFired) and e.key.startswith(("run", "timeout")))
            or (isinstance(e, ev.ActionEnded) and e.status == "Cancelled")
            for e in history
        ) or any(
            self.nodes[e.name].type == "terminate"
            for e in history
            if isinstance(e, ev.ActionEnded) and e.status == "Succeeded"
        )

    def law(self, holds: bool, text: str) -> None:
        if not holds:
            raise Law(text)

    def check(self) -> None:
        self.collect()
        self.frame()
        for address in self.begin:
            self.predecessors(address)
            self.container(address)
        if self.ended and not self.ended_early:
            self.complete()
            self.judgements()
        self.tries()

    @property
    def ended(self) -> bool:
        return isinstance(self.history[-1], ev.RunEnded)

    def collect(self) -> None:
        """An action begins once, ends once, and ends after it began."""
        for position, event in enumerate(self.history):
            if isinstance(event, ev.ActionStarted | ev.LoopStarted):
                address = (event.name, event.repetition)
                self.law(address not in self.begin, f"{address} started twice")
                self.begin[address] = position
            elif isinstance(event, ev.ActionEnded):
                address = (event.name, event.repetition)
                self.law(address not in self.end, f"{address} ended twice")
                self.begin.setdefault(address, position)
                self.end[address] = position
                self.status[address] = event.status
            elif isinstance(event, ev.RepetitionEnded):
                *outer, turn = event.repetition
                turns = self.turns[event.name, tuple(outer)]
                self.law(turn not in turns, f"turn {event.repetition} of {event.name} ended twice")
                turns[turn] = (position, event.status)

    def frame(self) -> None:
        """The run starts first and ends last; time never goes back; the caller is answered once."""
        history = self.history
        self.law(isinstance(history[0], ev.RunStarted), "the first event is not RunStarted")
        self.law(sum(isinstance(e, ev.RunStarted) for e in history) == 1, "the run started twice")
        ends = [i for i, e in enumerate(history) if isinstance(e, ev.RunEnded)]
        self.law(ends in ([], [len(history) - 1]), f"the run ended at {ends} of {len(history)}")
        times = [e.at for e in history if getattr(e, "at", None) is not None]
        self.law(times == sorted(times), "time went back")
        answers = sum(isinstance(e, ev.ResponseGiven) for e in history)
        self.law(answers <= 1, "the caller was answered twice")
        self.law(not any(isinstance(e, ev.Continue) for e in history), "Continue is in the history")
        if self.ended:
            for address in self.begin:
                self.law(address in self.end, f"{address} began and never ended")

    def predecessors(self, address: Address) -> None:
        """It starts when its runAfter allows it; it is skipped for that reason only when it does not."""
        name, repetition = address
        node = self.nodes[name]
        ended = self.history[self.end[address]] if address in self.end else None
        if isinstance(ended, ev.ActionEnded) and ended.code == "InternalServerError":
            return  # a Switch that cannot compare breaks every action of every branch (reference 7.3)
        skipped = isinstance(ended, ev.ActionEnded) and ended.status == "Skipped"
        reason = (ended.error or {}).get("code") if skipped and isinstance(ended, ev.ActionEnded) else None
        if skipped and reason not in ("ActionConditionFailed", "ActionResponseSkipped"):
            return
        if skipped and "no items" in str((ended.error or {}).get("message")):  # type: ignore[union-attr]
            return
        allowed = True
        for predecessor, wanted in node.after.items():
            before = (predecessor, repetition)
            self.law(before in self.end, f"{address} came before the end of {before}")
            self.law(self.end[before] < self.begin[address], f"{address} came before the end of {before}")
            allowed = allowed and self.status[before].lower() in wanted
        if reason == "ActionConditionFailed":
            self.law(not allowed, f"{address} was skipped although its runAfter allowed it")
        else:
            self.law(allowed, f"{address} started although its runAfter did not allow it")

    def container(self, address: Address) -> None:
        """What is inside a container happens while the container is under way, in the branch it took."""
        name, repetition = address
        node = self.nodes[name]
        if node.parent is None or self.status.get(address) == "Skipped":
            return
        parent = self.nodes[node.parent]
        outer = repetition[:-1] if parent.type in LOOPS else repetition
        above = (parent.name, outer)
        self.law(above in self.begin, f"{address} ran without {above}")
        failed_switch = parent.type == "switch" and self.status.get(above) == "Failed"
        if not failed_switch:
            self.law(self.begin[above] < self.begin[address], f"{address} began before {above}")
        if above in self.end and not (failed_switch and self.begin[address] == self.end[address]):
            self.law(address in self.end, f"{above} ended before {address}")
            self.law(self.end[address] < self.end[above], f"{above} ended before {address}")
        started = self.history[self.begin[above]]
        if isinstance(started, ev.ActionStarted) and not failed_switch:
            self.law(started.branch == node.branch, f"{address} ran in a branch that was not taken")
        if parent.type in LOOPS and self.turns[above].get(repetition[-1]):
            self.law(
                self.end.get(address, 1 << 60) < self.turns[above][repetition[-1]][0],
                f"turn {repetition} of {above} ended before {address}",
            )

    def complete(self) -> None:
        """Everything is accounted for: each action once per turn of the loops around it, or skipped."""
        places: dict[str | None, set[tuple[int, ...]]] = {None: {()}}
        for name, node in self.nodes.items():
            outer = places[node.parent]
            if node.parent is not None and self.nodes[node.parent].type in LOOPS:
                wanted = set()
                for place in outer:
                    turns = self.turns.get((node.parent, place), {})
                    self.law(sorted(turns) == list(range(len(turns))), f"turns of {node.parent} have gaps")
                    started = self.history[self.begin[node.parent, place]]
                    if isinstance(started, ev.LoopStarted) and started.count is not None:
                        self.law(len(turns) == started.count, f"{node.parent} left out turns")
                    wanted |= {(*place, turn) for turn in turns} or {place}
            else:
                wanted = set(outer)
            found = {repetition for (known, repetition) in self.end if known == name}
            self.law(found == wanted, f"{name}: executions {sorted(found)} where {sorted(wanted)} are due")
            places[name] = wanted

    def judgements(self) -> None:
        """Containers, turns and the run have the status their leaves give them (reference 10.4)."""
        last = self.history[-1]
        assert isinstance(last, ev.RunEnded)
        if last.code != "OutputParameterEvaluationFailed":
            self.law(last.status == self.judge(None, "actions", ()), f"the run ended {last.status}")
        for (name, repetition), status in list(self.status.items()):
            node = self.nodes[name]
            started = self.history[self.begin[name, repetition]]
            if status == "Skipped" or not node.children or isinstance(started, ev.ActionEnded):
                continue
            if node.type in LOOPS:
                turns = self.turns[name, repetition]
                for turn, (_, judged) in turns.items():
                    right = self.judge(name, "actions", (*repetition, turn))
                    self.law(judged == right, f"turn {turn} of {name} is {judged}, not {right}")
                considered = [judged for _, (_, judged) in sorted(turns.items())]
                if node.type == "until":
                    considered = considered[-1:]
                right = "Failed" if "Failed" in considered else "Succeeded"
                options = str(node.raw.get("operationOptions", "")).lower()
                ended = self.history[self.end[name, repetition]]
                assert isinstance(ended, ev.ActionEnded)
                if status == "Failed" and (
                    "failwhenlimitsreached" in options or ended.code != "ActionFailed"
                ):
                    right = "Failed"  # its limit, or its condition that cannot be judged
            else:
                assert isinstance(started, ev.ActionStarted)
                right = self.judge(name, started.branch or "", repetition)
            self.law(status == right, f"{name}{repetition} is {status}, not {right}")

    def judge(self, parent: str | None, branch: str, repetition: tuple[int, ...]) -> str:
        group = [n for n in self.nodes.values() if n.parent == parent and n.branch == branch]
        leaves = [n for n in group if not any(n.name in other.after for other in group)]
        counted: set[str] = set()

        def count(node: Node) -> None:
            status = self.status[node.name, repetition]
            if status != "Skipped":
                counted.add(status)
                return
            for predecessor in node.after:
                count(self.nodes[predecessor])

        for leaf in leaves:
            count(leaf)
        return "Failed" if counted & {"Failed", "TimedOut"} else "Succeeded"

    def tries(self) -> None:
        """An answer belongs to a try that was announced; a try comes after the answer to the one before."""
        announced: dict[Address, int] = {}
        answered: dict[Address, int] = defaultdict(int)
        for event in self.history:
            if isinstance(event, ev.ActionStarted) and event.attempt:
                announced[event.name, event.repetition] = event.attempt
            elif isinstance(event, ev.AttemptStarted):
                address = (event.name, event.repetition)
                self.law(event.attempt == announced[address] + 1, f"tries of {address} are not in order")
                self.law(answered[address] == announced[address], f"{address} was tried again unanswered")
                announced[address] = event.attempt
            elif isinstance(event, ev.OperationEnded):
                address = (event.name, event.repetition)
                self.law(event.attempt == announced.get(address), f"{address}: an answer nobody asked for")
                self.law(answered[address] < event.attempt, f"{address}: answered twice")
                answered[address] = event.attempt
