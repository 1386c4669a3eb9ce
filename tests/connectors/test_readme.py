"""The README's code is run as it stands."""

from __future__ import annotations

import gc
import re
import shutil
import sys
import types
from pathlib import Path

import connectors
from connectors.sdk.testing import context

README = Path(connectors.__file__).parent / "README.md"


def test_the_code_of_the_readme_runs(tmp_path):
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) >= 5
    shutil.copy(README.parent / "builtin" / "http" / "icon.svg", tmp_path / "icon.svg")
    # One module made of all blocks, because forms look up the names in their annotations there.
    module = types.ModuleType("readme_connector")
    sys.modules[module.__name__] = module
    module.__dict__["FOLDER"] = str(tmp_path)
    try:
        for block in blocks:
            exec(compile(block, str(README), "exec"), module.__dict__)
    finally:
        del sys.modules[module.__name__]
    assert module.__dict__["connector"].operation("shortenlink").effect == "write"


def test_the_folder_of_a_test_context_goes_with_it():
    made = context()
    folder = made.folder
    (folder / "a").write_text("b")
    del made
    gc.collect()
    assert not folder.exists()


def test_a_folder_of_the_author_stays(tmp_path):
    context(folder=tmp_path)
    gc.collect()
    assert tmp_path.exists()
