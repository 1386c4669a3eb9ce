"""Maps and schemas: files of the tenant that operations name, under `Artifacts/Maps` and `Artifacts/Schemas`.

Logic Apps keeps them in an integration account (names without ending) or in the project's folder `Artifacts`
(names of files). Here they are files of the tenant; both ways of naming them are understood.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from connectors.sdk.errors import ConnectorError

Kind = Literal["Maps", "Schemas", "Partners", "Agreements", "Assemblies"]
SIZE = 8 * 1024 * 1024  # what an integration account takes
COUNT = 1_000
_WORDS = {
    "Maps": "map",
    "Schemas": "schema",
    "Partners": "partner",
    "Agreements": "agreement",
    "Assemblies": "assembly",
}


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file that was found: its name with ending, and its bytes."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Artifacts:
    """The artifacts of one kind in a tenant's folder (`context.folder`).

    `endings` are tried, in this order, where a name has none of a file.
    """

    folder: Path
    kind: Kind
    endings: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        return f"Artifacts/{self.kind}"

    def names(self) -> list[str]:
        """The file names, sorted; the first thousand."""
        found = self._inside()
        if found is None:
            return []
        with os.scandir(found) as entries:
            names = sorted(
                entry.name
                for entry in entries
                if entry.is_file(follow_symlinks=False) and not entry.name.startswith(".")
            )
        return names[:COUNT]

    def read(self, name: str) -> Artifact:
        """The artifact of this name, in any letter case. ConnectorError says where it should be."""
        found = self.find(name)
        if found is None:
            ending = next(iter(self.endings), "")
            file = name if not ending or "." in name else name + ending
            raise ConnectorError(
                f"There is no {_WORDS[self.kind]} '{name}' here. Put it into the folder '{self.place}' of "
                f"your files as '{file}', for instance with the operation 'Write a file' of Storage.",
                code="ArtifactNotFound",
                status=404,
            )
        return found

    def find(self, name: str) -> Artifact | None:
        """The same, None where there is none."""
        wanted = name.strip().lower()
        known = {known.lower(): known for known in reversed(self.names())}
        for candidate in (wanted, *(wanted + ending for ending in self.endings)):
            if candidate in known:
                return self._open(known[candidate])
        return None

    def closure(self, first: Artifact, mentioned: Callable[[bytes], Iterable[str]]) -> dict[str, bytes]:
        """The artifact and those it mentions, directly or through others, by file name; what is not there is
        left out."""
        found = {first.name: first.data}
        waiting = [first]
        while waiting:
            for name in mentioned(waiting.pop().data):
                other = self.find(name.replace("\\", "/").rpartition("/")[2])
                if other is not None and other.name not in found:
                    found[other.name] = other.data
                    waiting.append(other)
        return found

    def _inside(self) -> Path | None:
        """The folder, unless it is missing or a link leads out of the tenant's files."""
        place = self.folder / "Artifacts" / self.kind
        if not place.is_dir() or not place.resolve().is_relative_to(self.folder.resolve()):
            return None
        return place

    def _open(self, name: str) -> Artifact:
        path = self.folder / "Artifacts" / self.kind / name
        try:
            handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0))
        except OSError as error:
            raise ConnectorError(
                f"'{self.place}/{name}' cannot be opened: {error.strerror}.", code="ArtifactNotFound"
            ) from error
        with os.fdopen(handle, "rb") as file:
            data = file.read(SIZE + 1)
        if len(data) > SIZE:
            raise ConnectorError(
                f"'{self.place}/{name}' is larger than {SIZE:,} bytes.", code="ArtifactTooLarge"
            )
        return Artifact(name, data)
