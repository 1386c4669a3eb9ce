"""Build hook of the wheel: a wheel without the canvas would start and show nothing, so it is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CanvasIsBuilt(BuildHookInterface):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable" or (Path(self.root) / "static" / ".vite" / "manifest.json").is_file():
            return
        raise RuntimeError(
            "The canvas is not built: static/.vite/manifest.json is missing. Run `make setup` first."
        )
