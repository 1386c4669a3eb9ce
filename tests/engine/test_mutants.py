"""The mutation tool itself, and a one-minute sample of what it does."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

from tests.engine.mutants import ENGINE, ROOT, argued, every_mutant, sample, sites

SAMPLE, LEAST_OF_A_SAMPLE = 25, 0.8


def test_there_are_enough_mutants_and_every_one_is_a_program() -> None:
    found = every_mutant()
    assert len(found) >= 300
    assert len({mutant.name for mutant in found}) == len(found)
    for mutant in sample(40, 5):
        source = (ENGINE / mutant.path).read_text("utf-8")
        tree, places = sites(source)
        before = ast.dump(tree)
        places[mutant.number].apply()
        assert ast.dump(tree) != before
        compile(tree, mutant.path, "exec")


def test_reasons_are_given_for_mutants_that_exist() -> None:
    names = {mutant.name for mutant in every_mutant()}
    assert not {name for name in argued() if name not in names}
    assert all(argued().values())


@pytest.mark.timeout(1800)  # a minute alone, many beside other work
@pytest.mark.slow
def test_a_sample_dies() -> None:
    """Judged by share: which mutants these are changes with every line of the engine. The long form demands 95 %."""
    command = [sys.executable, "-m", "tests.engine.mutants", "--count", str(SAMPLE), "--seed", "11"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    unexplained = [
        line for line in done.stdout.splitlines() if line.startswith("SURVIVES") and not line.endswith(")")
    ]
    assert f"{SAMPLE} mutants" in done.stdout, done.stdout + done.stderr
    assert 1 - len(unexplained) / SAMPLE >= LEAST_OF_A_SAMPLE, done.stdout
