"""Mutants of the engine: small faults put in on purpose, to see whether the tests notice.

    python -m tests.engine.mutants                      # 400 mutants, seed 1
    python -m tests.engine.mutants --count 60 --seed 7  # a quick look
    python -m tests.engine.mutants --only retry.py      # every mutant of one module

A mutant is a module of `runtime/engine` with one thing changed in its syntax tree. It lives in the memory of
a forked process that runs the fast tests of this folder and stops at the first failure; nothing is written,
and the sources are read once at the start. A mutant that no test notices is printed; those that cannot be
noticed (they mean the same) are argued in `survivors.md`. Exit code 1 when fewer than 95 % die.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import copy
import importlib
import importlib.abc
import importlib.machinery
import os
import random
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, ModuleType

ROOT = Path(__file__).resolve().parents[2]
ENGINE = ROOT / "runtime" / "engine"
# Two rounds: what finds most faults in the least time first.
FAST = (
    ("outcomes", "scenarios", "corners", "gaps", "order", "loops", "effects"),
    (
        "data",
        "content",
        "schema",
        "pure",
        "further",
        "histories",
        "nonsense",
        "hostile",
        "reruns",
        "snapshots",
        "laws",
    ),
)
LEAST_KILLED = 0.95
SECONDS, MEMORY = 60, 3 << 30

# Said to people or to the catalogue; tests/connectors checks what a catalogue must hold.
_DESCRIPTIONS = frozenset({"EngineOperation", "form", "member", "_changing", "_date", "_operation"})
_DESCRIBING = frozenset({"manifest.py"})

_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult,
}  # fmt: skip
_STATUSES = {
    "Succeeded": "Failed", "Failed": "Succeeded", "Skipped": "Failed", "TimedOut": "Failed",
    "Cancelled": "Skipped", "Running": "Waiting", "Waiting": "Running",
}  # fmt: skip


@dataclass(slots=True)
class Site:
    """A place where something can be changed: `apply` changes the tree it was found in."""

    function: str
    line: int
    label: str
    apply: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Mutant:
    """The `number`-th site of a module. `name` outlives changes elsewhere in the module."""

    path: str
    number: int
    line: int
    name: str


@dataclass
class _Finder:
    """Walks a module and notes what can be changed, in an order that never varies."""

    sites: list[Site] = field(default_factory=list)
    scope: list[str] = field(default_factory=list)

    def note(self, node: ast.AST, label: str, apply: Callable[[], None]) -> None:
        self.sites.append(Site(".".join(self.scope), getattr(node, "lineno", 0), label, apply))

    def swap(self, parent: ast.AST, name: str, index: int | None, node: ast.AST, new: ast.AST) -> None:
        ast.copy_location(new, node)
        ast.fix_missing_locations(new)
        if index is None:
            setattr(parent, name, new)
        else:
            getattr(parent, name)[index] = new

    def walk(self, parent: ast.AST) -> None:
        for name, value in ast.iter_fields(parent):
            if name in ("annotation", "returns", "decorator_list", "type_comment"):
                continue
            if isinstance(parent, ast.ClassDef) and name in ("bases", "keywords"):
                continue
            if isinstance(value, list):
                for index, item in enumerate(value):
                    if isinstance(item, ast.AST):
                        self.visit(parent, name, index, item)
            elif isinstance(value, ast.AST):
                self.visit(parent, name, None, value)

    def visit(self, parent: ast.AST, name: str, index: int | None, node: ast.AST) -> None:
        if _is_left_alone(parent, index, node):
            return
        for label, new in _changes(parent, node):
            self.note(node, label, self._applied(parent, name, index, node, new))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            self.scope.append(node.name)
            self.walk(node)
            self.scope.pop()
        else:
            self.walk(node)

    def _applied(
        self, parent: ast.AST, name: str, index: int | None, node: ast.AST, new: ast.AST
    ) -> Callable[[], None]:
        return lambda: self.swap(parent, name, index, node, new)


def _is_left_alone(parent: ast.AST, index: int | None, node: ast.AST) -> bool:
    """Docstrings, checks for the type checker, descriptions for people, names of slots and exports."""
    if isinstance(node, ast.Assert | ast.Import | ast.ImportFrom):
        return True
    if isinstance(node, ast.Raise) and ast.unparse(node) == "raise NotImplementedError":
        return True
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
        return True
    if isinstance(node, ast.Assign):
        described = any(isinstance(t, ast.Name) and t.id.startswith("__") for t in node.targets)
        return described or (isinstance(node.value, ast.Call) and _called(node.value) in _DESCRIPTIONS)
    if isinstance(node, ast.AnnAssign) and isinstance(node.annotation, ast.Name):
        return node.annotation.id == "TypeAlias"
    if isinstance(node, ast.Call) and _called(node) in _DESCRIPTIONS | {"cast"}:
        return True
    if isinstance(node, ast.FunctionDef) and node.name in _DESCRIPTIONS:
        return True
    return isinstance(node, ast.FunctionDef) and node.name == "__repr__"


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _changes(parent: ast.AST, node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """Every way to change this node, with a label."""
    if isinstance(node, ast.Compare):
        yield from _compare(node)
    elif isinstance(node, ast.BoolOp):
        other: ast.boolop = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield f"{ast.unparse(node)}: and/or", ast.BoolOp(other, copy.deepcopy(node.values))
        for position in range(len(node.values)):
            rest = [copy.deepcopy(v) for i, v in enumerate(node.values) if i != position]
            if _is_for_types(node.values[position], rest):
                continue
            made = rest[0] if len(rest) == 1 else ast.BoolOp(copy.deepcopy(node.op), rest)
            yield f"{ast.unparse(node)}: without {ast.unparse(node.values[position])}", made
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield f"{ast.unparse(node)}: without {type(node.op).__name__}", copy.deepcopy(node.operand)
    elif isinstance(node, ast.BinOp) and type(node.op) in _COMPUTED:
        new = copy.deepcopy(node)
        new.op = _COMPUTED[type(node.op)]()
        yield f"{ast.unparse(node)}: {type(new.op).__name__}", new
    elif isinstance(node, ast.Constant) and not isinstance(parent, ast.Subscript | ast.FormattedValue):
        yield from _constant(parent, node)
    elif isinstance(node, ast.IfExp):
        if not _is_for_types(node.test, [node.body]):
            yield f"{ast.unparse(node)}: always first", copy.deepcopy(node.body)
        yield f"{ast.unparse(node)}: always second", copy.deepcopy(node.orelse)
    else:
        yield from _statement(node)


def _is_for_types(test: ast.expr, others: Sequence[ast.expr]) -> bool:
    """Whether the type checker would refuse the mutant: a look for None before what may be None is used."""
    is_look = isinstance(test, ast.Compare) and isinstance(test.ops[0], ast.Is | ast.IsNot)
    looked_at = ast.unparse(test.left) if isinstance(test, ast.Compare) and is_look else ast.unparse(test)
    if not is_look and not isinstance(test, ast.Name):
        return False
    return any(
        looked_at == ast.unparse(inner.value if isinstance(inner, ast.Attribute) else inner)
        for other in others
        for inner in ast.walk(other)
        if isinstance(inner, ast.Attribute) or (is_look and isinstance(inner, ast.expr))
    )


def _compare(node: ast.Compare) -> Iterator[tuple[str, ast.AST]]:
    for position, operator in enumerate(node.ops):
        new = copy.deepcopy(node)
        new.ops[position] = _COMPARED[type(operator)]()
        yield f"{ast.unparse(node)}: {type(new.ops[position]).__name__}", new


def _constant(parent: ast.AST, node: ast.Constant) -> Iterator[tuple[str, ast.AST]]:
    value = node.value
    if isinstance(value, bool):
        yield f"{value}: {not value}", ast.Constant(not value)
    elif isinstance(value, int | float):
        yield f"{value}: {value + 1}", ast.Constant(value + 1)
    elif isinstance(value, str) and value.strip():
        shown = value if len(value) < 40 else value[:37] + "..."
        new = _STATUSES.get(value, value + "~")
        yield f"{shown!r}: {new if value in _STATUSES else 'other text'}", ast.Constant(new)


def _statement(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(node, ast.Return) and node.value is not None:
        if not (isinstance(node.value, ast.Constant) and not node.value.value):  # false is false
            yield f"{ast.unparse(node)}: None", ast.Return(ast.Constant(None))
    elif isinstance(node, ast.Return | ast.Continue | ast.Raise | ast.Delete | ast.AugAssign | ast.Expr) or (
        isinstance(node, ast.Assign) and not isinstance(node.targets[0], ast.Name | ast.Tuple)
    ):
        yield f"{_first_line(node)}: removed", ast.Pass()
    elif isinstance(node, ast.If | ast.While) and not isinstance(node.test, ast.Compare | ast.BoolOp):
        new = copy.deepcopy(node)
        new.test = ast.UnaryOp(ast.Not(), new.test)
        yield f"{type(node).__name__.lower()} {ast.unparse(node.test)}: negated", new
    if isinstance(node, ast.Break):
        yield "break: continue", ast.Continue()


def _first_line(node: ast.AST) -> str:
    lines = ast.unparse(node).splitlines()
    return lines[0] + (" …" if len(lines) > 1 else "")


def sites(source: str) -> tuple[ast.Module, list[Site]]:
    tree = ast.parse(source)
    finder = _Finder()
    finder.walk(tree)
    return tree, finder.sites


def mutants_of(path: Path) -> list[Mutant]:
    """Every mutant of a module."""
    _, found = sites(path.read_text("utf-8"))
    short = path.relative_to(ENGINE).as_posix()
    seen: dict[str, int] = {}
    made = []
    for number, site in enumerate(found):
        name = f"{short} {site.function or 'module'} | {site.label}"
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            name += f" ({seen[name]})"
        made.append(Mutant(short, number, site.line, name))
    return made


def every_mutant() -> list[Mutant]:
    return [
        mutant
        for path in sorted(ENGINE.rglob("*.py"))
        if path.name not in _DESCRIBING
        for mutant in mutants_of(path)
    ]


# -- the sources in memory


class Snapshot(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Serves packages from the sources as they were read at the start, one module of them mutated."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self.tests = _tests()
        self._sources: dict[str, tuple[str, Path, bool]] = {}
        self._codes: dict[str, CodeType] = {}
        for folder in folders:
            for path in sorted(folder.rglob("*.py")):
                parts = path.relative_to(ROOT).with_suffix("").parts
                is_package = parts[-1] == "__init__"
                name = ".".join(parts[:-1] if is_package else parts)
                text = path.read_text("utf-8")
                self._sources[name] = (text, path, is_package)
                self._codes[name] = compile(text, str(path), "exec", dont_inherit=True)

    def mutate(self, mutant: Mutant) -> None:
        path = ENGINE / mutant.path
        name = next(name for name, (_, known, _) in self._sources.items() if known == path)
        tree, found = sites(self._sources[name][0])
        found[mutant.number].apply()
        self._codes[name] = compile(tree, str(path), "exec", dont_inherit=True)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        known = self._sources.get(fullname)
        if known is None:
            return None
        spec = importlib.machinery.ModuleSpec(fullname, self, origin=str(known[1]), is_package=known[2])
        spec.has_location = True
        if known[2]:
            spec.submodule_search_locations = [str(known[1].parent)]
        return spec

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        exec(self._codes[module.__name__], module.__dict__)


# -- trying


def _preload() -> None:
    """What every mutant needs and no mutant changes."""
    for name in (
        "pytest", "hypothesis.strategies", "msgspec", "runtime.language.definition", "runtime.language.template",
        "runtime.language.expressions.functions",
    ):  # fmt: skip
        importlib.import_module(name)
    loaded = [name for name in sys.modules if name.startswith(("runtime.engine", "tests.engine.test"))]
    if loaded:
        raise SystemExit(f"Loaded before they could be mutated: {', '.join(loaded)}.")


def _tests() -> list[list[str]]:
    return [[str(ROOT / "tests" / "engine" / f"test_{name}.py") for name in names] for names in FAST]


def _try(snapshot: Snapshot, mutant: Mutant | None, output: int) -> int:
    """In the forked process: 0 when no test noticed anything."""
    os.dup2(output, 1)
    os.dup2(output, 2)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    signal.alarm(SECONDS * 5)  # other work on the machine must not decide
    sys.dont_write_bytecode = True
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    if mutant is not None:
        snapshot.mutate(mutant)
    sys.meta_path.insert(0, snapshot)
    import hypothesis
    import pytest

    phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
    hypothesis.settings.register_profile("mutants", derandomize=True, database=None, phases=phases)
    hypothesis.settings.load_profile("mutants")
    options = [
        "-x",
        "-q",
        "--no-header",
        "--assert=plain",
        "--tb=line",
        "-p",
        "no:cacheprovider",
        "-W",
        "ignore",
    ]
    # Slow tests start processes of their own, where the mutant is not.
    options += ["-m", "not slow", "-o", "addopts=", "--rootdir", str(ROOT)]
    return next((code for paths in snapshot.tests if (code := int(pytest.main([*options, *paths])))), 0)


def survives(snapshot: Snapshot, mutant: Mutant | None, log: Path | None = None) -> bool:
    """Run the fast tests against the mutant in a process of its own."""
    target = os.open(log or os.devnull, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    child = os.fork()
    if not child:
        code = 70
        with contextlib.suppress(BaseException):
            code = _try(snapshot, mutant, target)
        os._exit(code)
    os.close(target)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == 0


def argued() -> dict[str, str]:
    """The survivors that mean the same as the original, from survivors.md: name and reason."""
    path = Path(__file__).with_name("survivors.md")
    found = {}
    for line in path.read_text("utf-8").splitlines() if path.is_file() else ():
        name, separator, reason = line.removeprefix("* `").partition("`: ")
        if line.startswith("* `") and separator:
            found[name] = reason
    return found


def sample(count: int, seed: int, only: str = "") -> list[Mutant]:
    """`count` mutants, or all of the modules whose path contains `only`."""
    found = [mutant for mutant in every_mutant() if only in mutant.path]
    if only and not count:
        return found
    return random.Random(seed).sample(found, min(count or 400, len(found)))


def run(chosen: Sequence[Mutant], say: Callable[[str], None] = print) -> list[Mutant]:
    """Try them; the survivors. Raises SystemExit when the engine as it is does not pass."""
    _preload()
    snapshot = Snapshot([ENGINE, ROOT / "tests" / "engine"])
    if not survives(snapshot, None):
        raise SystemExit("The fast tests fail without any mutant; run pytest tests/engine first.")
    known = argued()
    survivors = []
    begun = time.monotonic()
    for number, mutant in enumerate(chosen, 1):
        if survives(snapshot, mutant):
            survivors.append(mutant)
            note = f" ({known[mutant.name]})" if mutant.name in known else ""
            say(f"SURVIVES runtime/engine/{mutant.path}:{mutant.line} {mutant.name}{note}")
        if number % 50 == 0:
            say(f"{number} tried, {len(survivors)} survive, {time.monotonic() - begun:.0f} s")
    return survivors


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Mutants of the engine against its fast tests.")
    parser.add_argument("--count", type=int, default=0, help="how many (400; with --only: all)")
    parser.add_argument("--seed", type=int, default=1, help="which ones")
    parser.add_argument("--only", default="", help="modules whose path contains this")
    parser.add_argument("--name", default="", help="mutants whose name contains this")
    parser.add_argument("--list", action="store_true", help="count the mutants there could be")
    given = parser.parse_args(arguments)
    if given.list:
        counts: dict[str, int] = {}
        for mutant in every_mutant():
            counts[mutant.path] = counts.get(mutant.path, 0) + 1
        print("\n".join(f"{count:5} {path}" for path, count in counts.items()), f"\n{sum(counts.values()):5}")
        return 0
    chosen = sample(given.count, given.seed, given.only)
    if given.name:
        chosen = [mutant for mutant in every_mutant() if given.name in mutant.name]
    survivors = run(chosen, lambda line: print(line, flush=True))
    share = 1 - len(survivors) / max(len(chosen), 1)
    unexplained = [mutant for mutant in survivors if mutant.name not in argued()]
    print(
        f"{len(chosen)} mutants, {len(chosen) - len(survivors)} die ({share:.1%}), "
        f"{len(survivors)} survive, {len(unexplained)} of them without a reason in survivors.md"
    )
    return 0 if share >= LEAST_KILLED else 1


if __name__ == "__main__":
    sys.exit(main())
