"""The bytes to import: one file, a folder, or a zip archive, read within limits and never written
anywhere.
"""

from __future__ import annotations

import io
import lzma
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

_SKIPPED_FOLDERS: Final = frozenset({".git", "node_modules", ".venv", "bin", "obj", "__pycache__"})
# What zipfile and its decompressors raise over damaged bytes.
_DAMAGE: Final = (
    zipfile.BadZipFile,
    NotImplementedError,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,
    struct.error,
    zlib.error,
    lzma.LZMAError,
)
_READ: Final = frozenset({".json", ".xml", ".zip", ".xslt", ".xsl", ".xsd", ".liquid"})


@dataclass(frozen=True, slots=True)
class SourceLimits:
    """What an import may cost. `ratio` is how much larger than packed an entry may become, above 1 MB."""

    file: int = 16 * 1024 * 1024
    total: int = 128 * 1024 * 1024
    files: int = 5_000
    ratio: int = 200


LIMITS: Final = SourceLimits()


class ImportFailure(ValueError):
    """Something that cannot be imported at all: `code` and a sentence that says what, where and what to
    do.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Source:
    """One file by its path inside what is imported; forward slashes."""

    path: str
    data: bytes

    @property
    def folder(self) -> str:
        return str(PurePosixPath(self.path).parent)

    @property
    def name(self) -> str:
        return PurePosixPath(self.path).name

    @property
    def stem(self) -> str:
        return PurePosixPath(self.path).stem


def is_zip(data: bytes) -> bool:
    return data.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def of_file(path: Path, limits: SourceLimits = LIMITS) -> bytes:
    size = path.stat().st_size
    if size > limits.total:
        raise _too_large(str(path), size, limits.total)
    return path.read_bytes()


def of_folder(folder: Path, limits: SourceLimits = LIMITS) -> list[Source]:
    """The files below a folder that an import can use, in a stable order; links are not followed."""
    found: list[Source] = []
    total = 0
    for path in _walk(folder):
        size = path.stat().st_size
        total += size
        if size > limits.file or total > limits.total:
            raise _too_large(str(path), size, limits.file)
        if len(found) >= limits.files:
            raise ImportFailure("ImportTooManyFiles", f"{folder} holds more than {limits.files:,} files.")
        found.append(Source(path.relative_to(folder).as_posix(), path.read_bytes()))
    return found


def _walk(folder: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED_FOLDERS)
        for name in sorted(names):
            path = Path(place, name)
            if path.suffix.lower() in _READ and path.is_file() and not path.is_symlink():
                yield path


def of_zip(name: str, data: bytes, limits: SourceLimits = LIMITS) -> list[Source]:
    """The entries of an archive that an import can use.

    Refused: archives that are damaged or encrypted, entries that point outside (`../`, absolute paths), and
    entries that unpack to more than the limits, whatever their header claims.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            if len(entries) > limits.files:
                reason = f"{name} holds {len(entries):,} files; at most {limits.files:,} are read."
                raise ImportFailure("ImportTooManyFiles", reason)
            return _unpacked(name, archive, entries, limits)
    except ImportFailure:
        raise
    except _DAMAGE as wrong:
        reason = f"{name} is no zip archive that can be read: {wrong}. Export the package again."
        raise ImportFailure("ImportDamagedArchive", reason) from wrong


def _unpacked(
    name: str, archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], limits: SourceLimits
) -> list[Source]:
    found: list[Source] = []
    total = 0
    for entry in entries:
        path = _safe_path(name, entry.filename)
        if PurePosixPath(path).suffix.lower() not in _READ:
            continue
        if entry.flag_bits & 0x1:
            reason = f"{path} in {name} is encrypted. Export the package without a password."
            raise ImportFailure("ImportDamagedArchive", reason)
        if entry.file_size > 1024 * 1024 and entry.file_size > limits.ratio * max(1, entry.compress_size):
            raise ImportFailure(
                "ImportTooLarge", f"{path} in {name} unpacks to {limits.ratio} times its size."
            )
        with archive.open(entry) as stream:
            content = stream.read(limits.file + 1)
        total += len(content)
        if len(content) > limits.file or total > limits.total:
            raise _too_large(f"{path} in {name}", len(content), limits.file)
        found.append(Source(path, content))
    return sorted(found, key=lambda source: source.path)


def _safe_path(archive: str, entry: str) -> str:
    """The entry's path with forward slashes; refused when it leads outside of the archive."""
    path = entry.replace("\\", "/")
    parts = path.split("/")
    if path.startswith("/") or ".." in parts or ":" in parts[0] or "\0" in entry:
        reason = f"{archive} holds an entry named {entry!r}, which points outside of the archive: refused."
        raise ImportFailure("ImportUnsafePath", reason)
    return "/".join(part for part in parts if part not in ("", "."))


def _too_large(what: str, size: int, limit: int) -> ImportFailure:
    return ImportFailure("ImportTooLarge", f"{what} has {size:,} bytes or more; at most {limit:,} are read.")
