"""Where big contents lie: in rows of the database, in a folder, or in any store that fsspec knows (S3).

A payload has a row in any case (`models.Payload`): hash, size, who uses it. A content that is small once
compressed is in that row; a bigger one lies in the place, under a key that is made anew for every writing,
and the row names the key. So contents are written before the row that needs them is committed, nothing is
ever overwritten, and what a crash or a second writer of the same value leaves is a key that no row names:
the sweeper removes such keys a day later (`runtime.store.upkeep`).

Places are synchronous and belong in threads. Contents come and go in chunks, never whole.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings
from uuid_utils.compat import uuid7

from runtime.store.sessions import Session, open_session

CHUNK = 1 << 20
_TRIES = 5

Change = Callable[[Callable[[Session], Any]], Any]


class PlaceFailed(Exception):
    """The payload store does not do what it is asked; the message says which and why."""


class Place(Protocol):
    """`name` is what people are told; contents of at least `threshold` bytes come here."""

    name: str
    threshold: int

    def write(self, key: str, chunks: Iterable[bytes]) -> None:
        """Durable when it returns. Raises PlaceFailed."""

    def read(self, key: str) -> Iterator[bytes]:
        """Raises FileNotFoundError, PlaceFailed."""

    def delete(self, keys: Sequence[str]) -> None:
        """Keys that are not there are no error."""

    def keys(self, before: datetime) -> Iterator[str]:
        """Those written before a moment."""


def new_key(tenant: UUID) -> str:
    """`<tenant>/<day>/<uuid7>`: people find what is whose, and the sweeper what is old, by the name alone."""
    made = uuid7()
    return f"{tenant.hex}/{datetime.now(UTC):%Y%m%d}/{made.hex}"


def written_at(key: str) -> datetime | None:
    """None for a name that is none of ours."""
    try:
        return datetime.fromtimestamp((UUID(hex=key.rpartition("/")[2]).int >> 80) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


class TablePlace:
    """Rows of a megabyte, each its own small commit, so that a big content never holds up the others."""

    name = "the database"
    threshold = CHUNK

    def __init__(self, change: Change | None = None) -> None:
        self._change = change

    def write(self, key: str, chunks: Iterable[bytes]) -> None:
        change, close = (self._change, None) if self._change else _own_changes()
        try:
            for number, chunk in enumerate(_sized(chunks)):
                change(partial(_put_part, part=(key, number, chunk)))
        finally:
            if close:
                close()

    def read(self, key: str) -> Iterator[bytes]:
        session = open_session()
        try:
            number = 0
            while rows := session.all(
                "SELECT content FROM runtime_payloadpart WHERE key = ? AND number = ?", (key, number)
            ):
                yield bytes(rows[0][0])
                number += 1
            if not number:
                raise FileNotFoundError(key)
        finally:
            session.close()

    def delete(self, keys: Sequence[str]) -> None:
        change, close = (self._change, None) if self._change else _own_changes()
        try:
            for key in keys:
                change(partial(_delete_parts, key=key))
        finally:
            if close:
                close()

    def keys(self, before: datetime) -> Iterator[str]:
        session = open_session()
        try:
            last = ""
            while rows := session.all(
                "SELECT DISTINCT key FROM runtime_payloadpart WHERE key > ? ORDER BY key LIMIT 500", (last,)
            ):
                for (key,) in rows:
                    written = written_at(key)
                    if written is not None and written < before:
                        yield key
                last = rows[-1][0]
        finally:
            session.close()


def _put_part(session: Session, part: tuple[str, int, bytes]) -> None:
    session.insert("runtime_payloadpart (key, number, content)", [part], "ON CONFLICT DO NOTHING")


def _delete_parts(session: Session, key: str) -> None:
    session.execute("DELETE FROM runtime_payloadpart WHERE key = ?", (key,))


def _own_changes() -> tuple[Change, Callable[[], None]]:
    session = open_session(durable=True)

    def change(work: Callable[[Session], Any]) -> Any:
        session.begin()
        try:
            result = work(session)
        except BaseException:
            session.rollback()
            raise
        session.commit()
        return result

    return change, session.close


class FolderPlace:
    """Files below one folder, readable by us alone. A file has its name only once it is on the disk whole."""

    threshold = 64 * 1024

    def __init__(self, folder: Path) -> None:
        self.name = f"the folder {folder}"
        self._folder = folder

    def write(self, key: str, chunks: Iterable[bytes]) -> None:
        path = self._folder / key
        unfinished = path.with_suffix(".part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                for chunk in chunks:
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            unfinished.rename(path)
            _sync_folder(path.parent)
        except OSError as error:
            raise PlaceFailed(
                f"The payload store {self.name} cannot be written ({error.strerror}). Free space there, or "
                "give this process the right to write."
            ) from error

    def read(self, key: str) -> Iterator[bytes]:
        with (self._folder / key).open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk

    def delete(self, keys: Sequence[str]) -> None:
        for key in keys:
            (self._folder / key).unlink(missing_ok=True)

    def keys(self, before: datetime) -> Iterator[str]:
        for path in self._folder.glob("*/*/*"):
            written = written_at(path.stem)
            if written is not None and written < before:
                yield str(path.relative_to(self._folder))


def _sync_folder(folder: Path) -> None:
    """The name itself has to survive a power cut as well."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class RemotePlace:
    """Any file system of fsspec, e.g. `s3://bucket/prefix` (needs the extra `s3`)."""

    threshold = 64 * 1024

    def __init__(self, url: str) -> None:
        import fsspec

        self.name = url
        try:
            self._system, self._root = fsspec.core.url_to_fs(url)
        except (ImportError, ValueError) as error:
            raise PlaceFailed(
                f"MILLRACE_PAYLOADS={url} needs a package that is not installed ({error}). For S3 install "
                "millrace[s3]."
            ) from error
        self._root = self._root.rstrip("/")

    def write(self, key: str, chunks: Iterable[bytes]) -> None:
        sized = _sized(chunks, 8 * CHUNK)
        first = next(sized, b"")
        second = next(sized, None)
        if second is not None:
            self._write_parts(key, first, second, sized)
            return
        for left in range(_TRIES - 1, -1, -1):
            try:
                self._system.pipe_file(f"{self._root}/{key}", first)
                return
            except Exception as error:
                if not left:
                    raise self._failed(error) from error
                time.sleep(0.2 * 2 ** (_TRIES - left))

    def _write_parts(self, key: str, first: bytes, second: bytes, others: Iterator[bytes]) -> None:
        try:
            with self._system.open(f"{self._root}/{key}", "wb", block_size=8 * CHUNK) as file:
                file.write(first)
                file.write(second)
                for chunk in others:
                    file.write(chunk)
        except Exception as error:
            raise self._failed(error) from error

    def read(self, key: str) -> Iterator[bytes]:
        try:
            with self._system.open(f"{self._root}/{key}", "rb", block_size=8 * CHUNK) as file:
                while chunk := file.read(8 * CHUNK):
                    yield chunk
        except FileNotFoundError:
            raise
        except Exception as error:
            raise self._failed(error) from error

    def delete(self, keys: Sequence[str]) -> None:
        for key in keys:
            try:
                self._system.rm_file(f"{self._root}/{key}")
            except FileNotFoundError:
                continue
            except Exception as error:
                raise self._failed(error) from error

    def keys(self, before: datetime) -> Iterator[str]:
        root = self._root.lstrip("/")
        for found in self._system.find(self._root):
            key = str(found).lstrip("/").removeprefix(root).lstrip("/")
            written = written_at(key)
            if written is not None and written < before:
                yield key

    def _failed(self, error: Exception) -> PlaceFailed:
        said = str(error).strip().partition("\n")[0] or type(error).__name__
        return PlaceFailed(
            f"The payload store {self.name} does not answer as it should ({said}). Check its address and "
            "credentials, e.g. with `millrace doctor`."
        )


def _sized(chunks: Iterable[bytes], size: int = CHUNK) -> Iterator[bytes]:
    """The same bytes in pieces of one size."""
    held = bytearray()
    for chunk in chunks:
        view = memoryview(chunk)
        while len(view):
            taken = min(size - len(held), len(view))
            held += view[:taken]
            view = view[taken:]
            if len(held) == size:
                yield bytes(held)
                held.clear()
    if held:
        yield bytes(held)


def place_at(setting: str, change: Change | None = None) -> Place:
    """`database`, `files`, or an address of fsspec. Raises PlaceFailed."""
    if setting in ("", "database"):
        return TablePlace(change)
    if setting == "files":
        return FolderPlace(Path(settings.DATA) / "payloads")
    if setting.startswith("file://"):
        return FolderPlace(Path(setting.removeprefix("file://")))
    if "://" not in setting:
        raise PlaceFailed(
            f"MILLRACE_PAYLOADS={setting} is no payload store. Say database, files, file:///folder or "
            "s3://bucket/prefix."
        )
    return RemotePlace(setting)


# One file system object for each address: it keeps its connections.
_remote = lru_cache(maxsize=8)(place_at)


def _at(setting: str, change: Change | None) -> Place:
    is_here = setting.partition("://")[0] in ("", "database", "files", "file")
    return place_at(setting, change) if is_here else _remote(setting)


class Everywhere:
    """Where contents are written, and with it where they were written before: a setting that is changed, or a
    move under way (`runtime.store.moving`), leaves nothing unreadable.
    """

    def __init__(self, address: str, change: Change | None) -> None:
        self.address = address or "database"
        self._change = change
        self._main = _at(address, change)
        self.name, self.threshold = self._main.name, self._main.threshold
        self._others: list[Place] = []
        self._looked_at = -_LOOK_AGAIN

    def write(self, key: str, chunks: Iterable[bytes]) -> None:
        self._main.write(key, chunks)

    def read(self, key: str) -> Iterator[bytes]:
        for place in self._in_turn():
            chunks = iter(place.read(key))
            try:
                first = next(chunks, b"")
            except FileNotFoundError:
                continue
            yield first
            yield from chunks
            return
        raise FileNotFoundError(key)

    def _in_turn(self) -> Iterator[Place]:
        yield self._main
        yield from self.others()

    def delete(self, keys: Sequence[str]) -> None:
        if keys:
            for place in (self._main, *self.others()):
                place.delete(keys)

    def keys(self, before: datetime) -> Iterator[str]:
        for place in (self._main, *self.others()):
            yield from place.keys(before)

    def others(self) -> list[Place]:
        """The other places that this installation has written to; asked for only where a content is missing
        here.
        """
        if time.monotonic() - self._looked_at >= _LOOK_AGAIN:
            found = [address for address in known() if address != self.address]
            self._others = [_at(address, self._change) for address in found]
            self._looked_at = time.monotonic()
        return self._others

    @property
    def is_table(self) -> bool:
        return isinstance(self._main, TablePlace)


_LOOK_AGAIN = 5.0


def configured(change: Change | None = None) -> Everywhere:
    """The place of the settings. Raises PlaceFailed."""
    return Everywhere(str(settings.PAYLOADS), change)


def known() -> list[str]:
    """Where contents may lie: at the addresses that a process was started with, and what needs none."""
    session = open_session()
    try:
        rows = session.all("SELECT address FROM runtime_payloadplace ORDER BY since")
    finally:
        session.close()
    found = [str(row[0]) for row in rows]
    if (Path(settings.DATA) / "payloads").is_dir():
        found.append("files")
    return list(dict.fromkeys([*found, "database"]))


def remember(session: Session, address: str) -> None:
    """Before anything is written there, so that every process finds it."""
    session.execute(
        f"INSERT INTO runtime_payloadplace (address, since) VALUES (?, {session.clock()}) "
        "ON CONFLICT DO NOTHING",
        (address,),
    )


def strays(place: Place) -> int:
    """How many of the newest payloads name a content that none of our places has."""
    session = open_session()
    try:
        rows = session.all(
            "SELECT place FROM runtime_payload WHERE place <> '' ORDER BY touched_at DESC LIMIT 5"
        )
    finally:
        session.close()
    lost = 0
    for (key,) in rows:
        try:
            next(iter(place.read(key)), b"")
        except FileNotFoundError:
            lost += 1
    return lost


def try_out(place: Place) -> None:
    """Write, read and delete something, for the doctor. Raises PlaceFailed."""
    key = new_key(UUID(int=0))
    place.write(key, [b"millrace"])
    try:
        found = b"".join(place.read(key))
    except FileNotFoundError as error:
        raise PlaceFailed(f"The payload store {place.name} does not give back what was written.") from error
    place.delete([key])
    if found != b"millrace":
        raise PlaceFailed(f"The payload store {place.name} gives back something else than what was written.")
