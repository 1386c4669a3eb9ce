"""A tenant's folder: every name in it is a plain relative path, and nothing outside it can be reached.

Three things keep it so. Names are split into parts; `..`, drive letters and control characters are refused.
What exists is resolved, symbolic links included, and must still lie inside. And files are opened
without following a link in the last part.
"""

from __future__ import annotations

import errno
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from fsspec.implementations.dirfs import DirFileSystem
from fsspec.implementations.local import LocalFileSystem

from connectors.builtin.storage.quota import check
from connectors.sdk import ConnectorError

_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f]")
NAME_BYTES = 255
PATH_BYTES = 1024
DEPTH = 32


def clean(path: str) -> str:
    """The path in its one spelling, `a/b.txt`; "" is the folder itself. Refused when it leads elsewhere."""
    text = path.strip().replace("\\", "/")
    if _FORBIDDEN.search(text):
        raise ConnectorError(
            "A file name must not hold line breaks or control characters.", code="BadRequest"
        )
    parts = [part for part in text.split("/") if part not in ("", ".")]
    if ".." in parts or (parts and re.fullmatch(r"[A-Za-z]:", parts[0])):
        raise ConnectorError(f"The path '{path[:200]}' leads out of the folder.", code="BadRequest")
    too_long = len(text.encode()) > PATH_BYTES or any(len(part.encode()) > NAME_BYTES for part in parts)
    if too_long or len(parts) > DEPTH:
        raise ConnectorError(
            f"The path is too long: at most {PATH_BYTES} bytes, {NAME_BYTES} in a name, {DEPTH} folders.",
            code="BadRequest",
        )
    return "/".join(parts)


def not_found(path: str) -> ConnectorError:
    return ConnectorError(f"There is no file '{path}'.", code="NotFound", status=404)


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or folder: its path inside the folder, size in bytes, and time of change in seconds."""

    path: str
    size: int
    modified: float
    is_folder: bool


class Folder:
    """The files under `root`, which is made when the first one is written."""

    def __init__(
        self, root: Path, *, read_only: bool = False, whole: Path | None = None, quota: int | None = None
    ) -> None:
        """`quota` bounds the bytes of everything in `whole`, the tenant's folder."""
        self.root = root
        self._whole = whole or root
        self._quota = quota
        self.read_only = read_only
        self._files = DirFileSystem(path=str(root), fs=LocalFileSystem())

    def entries(self, path: str, *, recursive: bool, limit: int) -> list[Entry]:
        """What is in a folder, by name; at most `limit`. ConnectorError when there is no such folder."""
        start = clean(path)
        place = self.inside(start)
        if start and not place.is_dir():
            raise ConnectorError(f"There is no folder '{start}'.", code="NotFound", status=404)
        found: list[Entry] = []
        for entry in self._walk(start, recursive):
            if len(found) == limit:
                break
            found.append(entry)
        return found

    def read(self, path: str, limit: int) -> bytes:
        name = self._file(path)
        place = self.inside(name)
        if not place.is_file():
            raise not_found(name)
        with self._open(place, os.O_RDONLY) as file:
            if os.fstat(file.fileno()).st_size > limit:
                raise ConnectorError(
                    f"The file '{name}' is larger than {limit:,} bytes.", code="FileTooLarge"
                )
            return file.read()

    def write(self, path: str, data: bytes, *, overwrite: bool) -> Entry:
        """Replace or create; readers see the old content or the new one, never half of it."""
        name = self._writable(path)
        place = self.inside(name)
        if place.is_dir():
            raise ConnectorError(f"'{name}' is a folder.", code="Conflict", status=409)
        if place.exists() and not overwrite:
            raise ConnectorError(f"The file '{name}' exists already.", code="Conflict", status=409)
        check(self._whole, self._quota, len(data), place.stat().st_size if place.is_file() else 0)
        self._files.makedirs(self._parent(name), exist_ok=True)
        self.inside(name)
        handle, draft = tempfile.mkstemp(dir=place.parent, prefix=".millrace-", suffix=".tmp")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if overwrite:
                os.replace(draft, place)
            else:
                self._link_new(draft, place, name)
        finally:
            if os.path.lexists(draft):
                os.unlink(draft)
        return self.entry(name)

    def append(self, path: str, data: bytes, limit: int) -> Entry:
        name = self._writable(path)
        self._files.makedirs(self._parent(name), exist_ok=True)
        place = self.inside(name)
        if place.is_dir():
            raise ConnectorError(f"'{name}' is a folder.", code="Conflict", status=409)
        known = place.stat().st_size if place.is_file() else 0
        check(self._whole, self._quota, known + len(data), known)
        with self._open(place, os.O_WRONLY | os.O_APPEND | os.O_CREAT) as file:
            if os.fstat(file.fileno()).st_size + len(data) > limit:
                raise ConnectorError(
                    f"The file '{name}' would become larger than {limit:,} bytes.", code="FileTooLarge"
                )
            file.write(data)
        return self.entry(name)

    def delete(self, path: str) -> bool:
        """Delete a file; whether there was one."""
        name = self._writable(path)
        place = self.inside(name)
        if place.is_dir():
            raise ConnectorError(
                f"'{name}' is a folder; only files can be deleted.", code="Conflict", status=409
            )
        if not os.path.lexists(place):
            return False
        self._files.rm_file(name)
        return True

    def exists(self, path: str) -> bool:
        return self.inside(self._file(path)).is_file()

    def entry(self, path: str) -> Entry:
        """Size and time of one file or folder."""
        place = self.inside(path)
        try:
            found = place.stat()
        except OSError as error:
            raise not_found(path) from error
        return Entry(path, found.st_size, found.st_mtime, place.is_dir())

    def _walk(self, start: str, recursive: bool) -> Iterator[Entry]:
        if not self.inside(start).is_dir():
            return
        for found in sorted(self._files.ls(start, detail=True), key=lambda one: str(one["name"])):
            name = str(found["name"]).strip("/")
            if name.rpartition("/")[2].startswith(".millrace-") or found.get("islink"):
                continue
            is_folder = found["type"] == "directory"
            yield Entry(name, 0 if is_folder else int(found["size"]), float(found["mtime"]), is_folder)
            if is_folder and recursive:
                yield from self._walk(name, recursive)

    def inside(self, name: str) -> Path:
        """The place of a cleaned name; refused when a link on the way leads out of the folder."""
        root = self.root.resolve()
        place = root / name if name else root
        if not place.resolve().is_relative_to(root):
            raise ConnectorError(f"The path '{name}' leads out of the folder.", code="BadRequest")
        return place

    def _file(self, path: str) -> str:
        name = clean(path)
        if not name:
            raise ConnectorError("The path of the file is missing.", code="BadRequest")
        return name

    def _writable(self, path: str) -> str:
        if self.read_only:
            raise ConnectorError("This connection may only read files.", code="Forbidden", status=403)
        return self._file(path)

    def _parent(self, name: str) -> str:
        return name.rpartition("/")[0]

    @staticmethod
    def _link_new(draft: str, place: Path, name: str) -> None:
        try:
            os.link(draft, place)
        except FileExistsError:
            raise ConnectorError(f"The file '{name}' exists already.", code="Conflict", status=409) from None

    @staticmethod
    def _open(place: Path, flags: int) -> BinaryIO:
        try:
            handle = os.open(place, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0), 0o600)
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise ConnectorError(
                    f"'{place.name}' is a link and is not followed.", code="BadRequest"
                ) from error
            raise ConnectorError(
                f"'{place.name}' cannot be opened: {error.strerror}.", code="Conflict"
            ) from error
        return os.fdopen(handle, "rb" if flags == os.O_RDONLY else "ab")
