"""Big values: kept apart under the hash of their content, loaded only when an expression needs them.

A payload's content begins with `J` (JSON text as it came, so that it can go out again without being read)
or `M` (MessagePack of `codec`), before compression and sealing.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec

from runtime.language.values import Json, Needed, Ref, loads
from runtime.store import codec
from runtime.store.records import PayloadRow, Store

CACHE_BYTES = 256 * 1024 * 1024
# Values above this may lie outside their row, and are too big to be held twice on their way out.
OUTSIDE = 1 << 20

Seals = Callable[[UUID], tuple[codec.Seal, codec.Seal]]
_OPENERS = {"{": "Object", "[": "Array", '"': "String", "t": "Boolean", "f": "Boolean", "n": "Null"}


class PayloadLost(Exception):
    """A value that a run refers to is not in the store."""


class Payloads:
    """The values of one process: a cache of 256 MB by content, and the way into and out of the store."""

    def __init__(self, store: Store, seals: Seals | None = None) -> None:
        self._store = store
        self._seals = seals
        self._values: OrderedDict[tuple[UUID, str], tuple[Json, int]] = OrderedDict()
        self._bytes = 0
        self._pending: dict[tuple[UUID, str], list[PayloadRow]] = {}

    def remember(self, tenant: UUID, content_hash: str, value: Json, size: int) -> None:
        key = (tenant, content_hash)
        if key in self._values:
            self._values.move_to_end(key)
            return
        self._values[key] = (value, size)
        self._bytes += size
        while self._bytes > CACHE_BYTES and len(self._values) > 1:
            _, (_, dropped) = self._values.popitem(last=False)
            self._bytes -= dropped

    def load(self, tenant: UUID, ref: Ref) -> Json:
        """The value when it is in memory; Needed otherwise."""
        found = self._values.get((tenant, ref.hash))
        if found is None:
            raise Needed((ref,))
        value = found[0]
        if type(value) is _Text:
            # Read on first use; the parsed value takes the text's place.
            value = loads(value.text)
            self._values[tenant, ref.hash] = (value, found[1])
        return at_pointer(value, ref.pointer)

    async def fetch(self, tenant: UUID, refs: Iterable[Ref]) -> None:
        """Bring the content of these into memory. Raises PayloadLost."""
        for ref in refs:
            if (tenant, ref.hash) not in self._values:
                content = await self._store.payload(tenant, ref.hash)
                if content is None:
                    raise PayloadLost(f"A value of {ref.size} bytes ({ref.hash}) is no longer stored.")
                plain = self._open(tenant, content)
                value: Any = _Text(plain[1:]) if plain[:1] == b"J" else codec.unpack_plain(plain[1:])
                self.remember(tenant, ref.hash, value, ref.size)

    async def resolve(self, tenant: UUID, value: Json) -> Json:
        """The value with the content of every Ref in its place."""
        refs = list(refs_in(value))
        if not refs:
            return value
        await self.fetch(tenant, refs)
        return self._filled(tenant, value)

    async def text_of(self, tenant: UUID, value: Json) -> bytes | bytearray | None:
        """The JSON text of a value that came as text and was passed on untouched; None for any other, and for
        a string, which is sent as text.
        """
        if type(value) is not Ref or value.pointer or value.kind == "String":
            return None
        found = self._values.get((tenant, value.hash))
        if found is not None and type(found[0]) is _Text:
            return found[0].text
        if value.size >= OUTSIDE and (text := await self._store.payload_text(tenant, value.hash)) is not None:
            return text
        content = await self._store.payload(tenant, value.hash)
        plain = self._open(tenant, content) if content else b""
        return plain[1:] if plain[:1] == b"J" else None

    def from_text(self, tenant: UUID, text: bytes) -> Json:
        """A JSON text as a value: read at once when small, kept apart unread when big. Raises ValueError."""
        if len(text) <= codec.INLINE_LIMIT:
            return loads(text)
        try:
            msgspec.json.decode(text, type=msgspec.Raw)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return loads(text)  # for the same error, or the same leniency, as a small one
        kind = _OPENERS.get(text.lstrip()[:1].decode("ascii", "replace"))
        if kind is None:
            return loads(text)
        content_hash = codec.content_hash(text)
        self.remember(tenant, content_hash, _Text(text), len(text))
        row = PayloadRow(content_hash, len(text), kind, self._close(tenant, b"J" + text, False))
        self._pending.setdefault((tenant, content_hash), []).append(row)
        return Ref(content_hash, len(text), kind)

    def expect(self, tenant: UUID, row: PayloadRow) -> None:
        """The row of a content that is in its place already, for whoever first stores its Ref."""
        self._pending.setdefault((tenant, row.hash), []).append(row)

    def pending(self, tenant: UUID, ref: Ref) -> PayloadRow | None:
        """The row of a value from `from_text`, to be stored by whoever first stores the Ref."""
        rows = self._pending.get((tenant, ref.hash))
        if rows is None:
            return None
        row = rows.pop()
        if not rows:
            del self._pending[tenant, ref.hash]
        return row

    def keep_apart(self, tenant: UUID, sealed: bool = False) -> Apart:
        """A fresh collector of big values for one journal row."""
        return Apart(self, tenant, sealed)

    def store(self, tenant: UUID, plain: bytes, value: Json, sealed: bool) -> tuple[Ref, PayloadRow]:
        """A packed value as a payload."""
        content_hash = codec.content_hash(plain)
        kind = next((name for kind, name in _KINDS.items() if isinstance(value, kind)), "Null")
        self.remember(tenant, content_hash, value, len(plain))
        content = self._close(tenant, b"M" + plain, sealed)
        return Ref(content_hash, len(plain), kind), PayloadRow(
            content_hash, len(plain), kind, content, sealed
        )

    def seal(self, tenant: UUID) -> codec.Seal | None:
        return self._seals(tenant)[0] if self._seals else None

    def unseal(self, tenant: UUID) -> codec.Seal | None:
        return self._seals(tenant)[1] if self._seals else None

    def _close(self, tenant: UUID, plain: bytes, sealed: bool) -> bytes:
        return codec.wrap(plain, self._seals(tenant)[0] if sealed and self._seals else None)

    def _open(self, tenant: UUID, content: bytes) -> bytes:
        return codec.unwrap(content, self.unseal(tenant))

    def _filled(self, tenant: UUID, value: Json) -> Json:
        if type(value) is Ref:
            return self.load(tenant, value)
        if type(value) is dict:
            return {name: self._filled(tenant, item) for name, item in value.items()}
        if type(value) is list:
            return [self._filled(tenant, item) for item in value]
        return value


_KINDS: dict[type[Any], str] = {str: "String", dict: "Object", list: "Array"}


@dataclass(frozen=True, slots=True)
class _Text:
    """JSON text that nobody needed to read yet."""

    text: bytes


@dataclass(slots=True)
class Apart:
    """Big values met while one row is written: each is packed and stored once."""

    payloads: Payloads
    tenant: UUID
    sealed: bool
    rows: list[PayloadRow] = field(default_factory=list)
    _seen: dict[int, tuple[Json, Ref]] = field(default_factory=dict)

    def shrink(self, value: Json, depth: int = 2) -> Json:
        """The value with what is above the inline limit replaced by Refs.

        The members of an object are looked at first (a trigger's outputs keep their shape and lose their
        body); an object of many small members is replaced as a whole.
        """
        kind = type(value)
        if kind is str:
            if len(value) * 4 <= codec.INLINE_LIMIT:
                return value
        elif kind is not dict and kind is not list:
            return value
        known = self._seen.get(id(value))
        if known is not None:
            return known[1]
        plain = codec.pack_plain(value)
        if len(plain) <= codec.INLINE_LIMIT:
            return value
        if kind is dict and depth:
            smaller = {name: self.shrink(item, depth - 1) for name, item in value.items()}
            if codec.packed_size(smaller) <= codec.INLINE_LIMIT:
                return smaller
        ref, row = self.payloads.store(self.tenant, plain, value, self.sealed)
        self.rows.append(row)
        self._seen[id(value)] = (value, ref)
        return ref


def refs_in(value: Json) -> Iterable[Ref]:
    kind = type(value)
    if kind is Ref:
        yield value
    elif kind is dict:
        for item in value.values():
            yield from refs_in(item)
    elif kind is list:
        for item in value:
            yield from refs_in(item)


def at_pointer(value: Json, pointer: str) -> Json:
    """The part of a value that a JSON pointer (RFC 6901) names."""
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        value = value[int(name)] if isinstance(value, list) else value[name]
    return value
