"""Contents from wherever they lie into one payload store, while runs go on (`millrace payloads move`).

One content at a time: copy it under a new key, read it back, and only where every byte is the same let the
row name the new key, on condition that it still names the old one. So a kill at any moment leaves a content
that its row names, and at most a copy that none does; the sweeper removes such a copy a day later. What is
done is seen in the rows alone: the same command goes on where the last one ended.

The old copy stays for a while after its row has changed, for whoever had read the row before.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

import zstandard

from runtime.crashpoints import crash_point
from runtime.store import codec, places
from runtime.store.places import Place, PlaceFailed, new_key
from runtime.store.sessions import Session
from runtime.store.upkeep import Hands

SETTLE_SECONDS = 60.0
_BATCH = 100


@dataclass(frozen=True, slots=True)
class _Held:
    """A payload row as it was read: what it names has to be the same when it is changed."""

    tenant: UUID
    hash: str
    sealed: bool
    place: str


class Moving:
    """`moved` counts contents and bytes; `damaged` are those that are not what their hash says, and stay."""

    def __init__(self, hands: Hands, address: str, settle: float = SETTLE_SECONDS) -> None:
        self._hands, self._address, self._settle = hands, address, settle
        self._target = places.place_at(address, hands.change)
        self._leaving: deque[tuple[float, Place, str]] = deque()
        self.moved: Counter[str] = Counter()
        self.damaged: set[str] = set()
        self.tell: Callable[[], None] = lambda: None

    def execute(self) -> None:
        """Until there is nothing left to move. Raises PlaceFailed."""
        places.try_out(self._target)
        self._hands.change(lambda session: places.remember(session, self._address))
        while self._pass():
            pass
        while self._leaving:
            self._hands.rest(max(0.0, self._leaving[0][0] - time.monotonic()))
            self._remove_left()

    def _pass(self) -> int:
        """How many were moved: processes that still write elsewhere bring new ones meanwhile."""
        before = self.moved["contents"]
        for held in self._in_rows():
            self._move(held, None)
        for address in places.known():
            if address != self._address:
                place = places.place_at(address, self._hands.change)
                for held in _named_at(self._hands, place):
                    self._move(held, place)
        return self.moved["contents"] - before

    def _in_rows(self) -> Iterator[_Held]:
        """Contents in their row that are big enough to lie outside."""
        tenant, content_hash, size = UUID(int=0), "", self._target.threshold
        while True:
            rows = self._hands.read(partial(_big_rows, after=(tenant, content_hash), size=size))
            yield from rows
            if len(rows) < _BATCH:
                return
            tenant, content_hash = rows[-1].tenant, rows[-1].hash

    def _move(self, held: _Held, source: Place | None) -> None:
        if held.hash in self.damaged:
            return
        began = time.perf_counter()
        copy = _Copy(held.sealed)
        key = new_key(held.tenant)
        try:
            chunks = source.read(held.place) if source else self._content(held)
            small = b"" if source is None else self._small(copy, chunks)
            if small is None:
                return
            if not small:
                self._target.write(key, copy.passing(chunks))
        except FileNotFoundError:
            return  # swept meanwhile
        if not copy.fits(held.hash):
            self.damaged.add(held.hash)
            self._target.delete([key])
            return
        if not small and not copy.is_same(self._target.read(key)):
            raise PlaceFailed(f"The payload store {self._target.name} gives back what was not written.")
        crash_point("move.copied")
        change = partial(_rename, held=held, key="" if small else key, content=small)
        if self._hands.change(change):
            crash_point("move.named")
            self.moved["contents"] += 1
            self.moved["bytes"] += copy.size
            if source is not None:
                self._leaving.append((time.monotonic() + self._settle, source, held.place))
        else:
            self._target.delete([key])
        self._remove_left()
        self.tell()
        self._hands.rest(min(1.0, time.perf_counter() - began))

    def _small(self, copy: _Copy, chunks: Iterator[bytes]) -> bytes | None:
        """The whole content where it belongs into its row; b"" where it does not, and what was read of it is
        passed on first.
        """
        held = bytearray()
        for chunk in chunks:
            held += chunk
            if len(held) >= self._target.threshold:
                copy.begun = bytes(held)
                return b""
        content = bytes(held)
        for _ in copy.passing(iter((content,))):
            pass
        return content or None

    def _content(self, held: _Held) -> Iterator[bytes]:
        content = self._hands.read(partial(_content_of, held=held))
        if content is None:
            raise FileNotFoundError(held.hash)
        yield content

    def _remove_left(self) -> None:
        while self._leaving and self._leaving[0][0] <= time.monotonic():
            _, place, key = self._leaving.popleft()
            place.delete([key])


class _Copy:
    """What passes by: its digest as stored, and that of the value inside where it can be opened."""

    def __init__(self, sealed: bool) -> None:
        self._stored, self._inside = hashlib.blake2b(), hashlib.blake2b(digest_size=24)
        self._sealed = sealed
        self._unpack: Callable[[bytes], bytes] | None = None
        self._marked = False
        self.begun = b""
        self.size = 0

    def passing(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        if self.begun:
            yield self._seen(self.begun)
        for chunk in chunks:
            yield self._seen(chunk)

    def _seen(self, chunk: bytes) -> bytes:
        first = not self.size
        self._stored.update(chunk)
        self.size += len(chunk)
        if self._sealed:
            return chunk
        if first and chunk[:1] == codec.ZSTD:
            self._unpack = zstandard.ZstdDecompressor().decompressobj().decompress
        inner = chunk[1:] if first else chunk
        try:
            plain = self._unpack(inner) if self._unpack else inner
        except zstandard.ZstdError:
            plain = b"?"  # no hash comes of that
        if plain and not self._marked:  # J or M, see `runtime.store.payloads`
            self._marked, plain = True, plain[1:]
        self._inside.update(plain)
        return chunk

    def fits(self, content_hash: str) -> bool:
        """A sealed content vouches for itself when it is opened, and cannot be looked into here."""
        return self._sealed or self._inside.hexdigest() == content_hash

    def is_same(self, chunks: Iterable[bytes]) -> bool:
        digest = hashlib.blake2b()
        for chunk in chunks:
            digest.update(chunk)
        return digest.digest() == self._stored.digest()


def count(hands: Hands, place: Place) -> int:
    """How many contents lie there that a row names."""
    return sum(1 for _ in _named_at(hands, place))


def _named_at(hands: Hands, place: Place) -> Iterator[_Held]:
    batch: list[str] = []
    for key in place.keys(datetime.now(UTC) + timedelta(minutes=5)):
        batch.append(key)
        if len(batch) == _BATCH:
            yield from hands.read(partial(_named, keys=batch))
            batch = []
    if batch:
        yield from hands.read(partial(_named, keys=batch))


def _big_rows(session: Session, after: tuple[UUID, str], size: int) -> list[_Held]:
    rows = session.all(
        "SELECT tenant_id, hash, sealed FROM runtime_payload WHERE (tenant_id, hash) > (?, ?) AND place = '' "
        f"AND length(content) >= ? ORDER BY tenant_id, hash LIMIT {_BATCH}",
        (*after, size),
    )
    return [_Held(session.uuid(row[0]) or after[0], row[1], bool(row[2]), "") for row in rows]


def _named(session: Session, keys: list[str]) -> list[_Held]:
    marks = ",".join("?" * len(keys))
    rows = session.all(
        "SELECT tenant_id, hash, sealed, place FROM runtime_payload "
        f"WHERE place <> '' AND place IN ({marks})",
        keys,
    )
    return [_Held(session.uuid(row[0]) or UUID(int=0), row[1], bool(row[2]), row[3]) for row in rows]


def _content_of(session: Session, held: _Held) -> bytes | None:
    rows = session.all(
        "SELECT content FROM runtime_payload WHERE tenant_id = ? AND hash = ? AND place = ''",
        (held.tenant, held.hash),
    )
    return bytes(rows[0][0]) if rows else None


def _rename(session: Session, held: _Held, key: str, content: bytes) -> bool:
    """False where the row is gone, or names something else by now."""
    return (
        session.execute(
            "UPDATE runtime_payload SET place = ?, content = ? "
            "WHERE tenant_id = ? AND hash = ? AND place = ?",
            (key, content, held.tenant, held.hash, held.place),
        )
        == 1
    )
