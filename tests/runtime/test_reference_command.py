"""`millrace reference`: the table in the README is what the code says."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from runtime.language.definition import ACTION_TYPES, TRIGGER_TYPES
from runtime.language.validate import settings
from runtime.management.commands import reference

README = Path(reference.__file__).parents[2] / "README.md"


def test_the_readme_is_up_to_date():
    text = README.read_text(encoding="utf-8")
    inside = text.split(reference.START, 1)[1].split(reference.END, 1)[0].strip()
    assert inside == reference.document(), "run: millrace reference --write runtime/README.md"


def test_every_type_has_a_row_and_what_does_not_run_has_a_reason():
    actions, triggers = list(reference.action_rows()), list(reference.trigger_rows())
    assert set(ACTION_TYPES) <= {name for name, _, _ in actions}
    assert set(TRIGGER_TYPES) == {name for name, _, _ in triggers}
    for name, state, remark in actions + triggers:
        assert state == reference.RUNS or remark, f"{name} needs a reason"


def test_every_option_has_a_row():
    told = {name.rpartition(": ")[2].lower() for name, _, _ in reference.setting_rows()}
    assert settings._OPTIONS - {"none"} <= told


def test_a_setting_that_nobody_reads_does_not_run(monkeypatch):
    monkeypatch.setattr(reference, "_SETTINGS", (("x", "no such word anywhere", ""), ("y", "splitOn", "")))
    reference._words_read.cache_clear()
    try:
        assert [state for _, state, _ in reference.setting_rows()] == [reference.KEPT, reference.RUNS]
    finally:
        reference._words_read.cache_clear()


def test_printing_and_writing(tmp_path, capsys):
    call_command("reference")
    printed = capsys.readouterr().out
    assert "| `Xslt` | runs |" in printed
    assert "| `Agent` | imports only | needs a model service |" in printed
    path = tmp_path / "README.md"
    path.write_text(f"before\n{reference.START}\nold\n{reference.END}\nafter\n")
    call_command("reference", write=str(path))
    assert path.read_text() == f"before\n{reference.START}\n{printed.strip()}\n{reference.END}\nafter\n"
    path.write_text("nothing")
    with pytest.raises(CommandError, match="has no part between"):
        call_command("reference", write=str(path))
