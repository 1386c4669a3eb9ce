"""Whole histories to the letter: every event, message, code and command of the scenarios."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.laws import check
from tests.engine.scenarios import FOLDER, load, perform, told


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_a_scenario_goes_as_written(path: Path) -> None:
    scenario = load(path)
    driver = perform(scenario)
    came = told(driver)
    assert came["history"] == scenario["history"]
    assert came["commands"] == scenario["commands"]
    check(scenario["definition"], driver.history)
