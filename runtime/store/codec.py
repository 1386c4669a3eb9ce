"""Events and values as bytes.

MessagePack with three extensions for what JSON's types do not cover (decimals, long integers, Refs) and
one for the outcome inside an event; compressed where that pays; sealed where a definition marks anything
as secured. The first byte says which.

An event is `[type name, field, …]` with trailing defaults left out, so a field added at the end of an
event reads old rows, and a renamed or reordered field would not: event types are only added (architecture:
the run host).
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, get_type_hints

import msgpack
import zstandard
from msgspec import NODEFAULT
from msgspec.structs import astuple, fields

from runtime.engine import events as event_types
from runtime.engine.events import Event, Outcome
from runtime.language.values import Json, Ref

# Values above this many bytes are kept apart, under their hash.
INLINE_LIMIT = 4096

_PLAIN, ZSTD, _SEALED = b"\x00", b"\x01", b"\x02"
_COMPRESS_FROM = 400
_DECIMAL, _LONG, _REF, _OUTCOME = 1, 2, 3, 4

Seal = Callable[[bytes], bytes]


class Unreadable(Exception):
    """A stored row cannot be read by this release."""


class _Shape:
    """How one event type becomes a list and back."""

    def __init__(self, cls: type[Any]) -> None:
        self.cls = cls
        described = fields(cls)
        self.defaults: list[Any] = [
            None if field.default is NODEFAULT else field.default for field in described
        ]
        hints = get_type_hints(cls)
        # MessagePack has one kind of list; the fields that are tuples are made tuples again.
        self.tuples = [
            index for index, field in enumerate(described) if str(hints[field.name]).startswith("tuple[")
        ]

    def parts(self, event: Any) -> list[Any]:
        values = list(astuple(event))
        defaults = self.defaults
        while values and values[-1] is None and defaults[len(values) - 1] is None:
            values.pop()
        return values

    def make(self, values: list[Any]) -> Any:
        for index in self.tuples:
            if index < len(values) and values[index] is not None:
                values[index] = tuple(values[index])
        return self.cls(*values)


_SHAPES: dict[str, _Shape] = {
    cls.__name__: _Shape(cls)
    for cls in vars(event_types).values()
    if isinstance(cls, type) and hasattr(cls, "__struct_fields__") and not cls.__name__.startswith("_")
}


def _default(value: Any) -> Any:
    kind = type(value)
    if kind is Outcome:
        return msgpack.ExtType(_OUTCOME, _pack(_SHAPES["Outcome"].parts(value)))
    if kind is Ref:
        if _local.refs is not None:
            _local.refs.add(value)
        return msgpack.ExtType(_REF, _pack([value.hash, value.size, value.kind, value.pointer]))
    if kind is Decimal:
        return msgpack.ExtType(_DECIMAL, str(value).encode())
    if kind is int:
        return msgpack.ExtType(_LONG, str(value).encode())
    raise TypeError(f"{kind.__name__} is not a JSON value")


def _extension(code: int, data: bytes) -> Any:
    if code == _DECIMAL:
        return Decimal(data.decode())
    if code == _LONG:
        return int(data)
    if code == _REF:
        return Ref(*_unpack(data))
    if code == _OUTCOME:
        return _SHAPES["Outcome"].make(_unpack(data))
    raise Unreadable(f"extension {code} is unknown to this release")


class _Local(threading.local):
    """Packers and compressors are not safe to share between threads."""

    def __init__(self) -> None:
        self.pack = msgpack.Packer(default=_default, datetime=True, unicode_errors="surrogatepass").pack
        # Tables sized for rows, not for files: setting them up is most of the work for a few kilobytes.
        small = zstandard.ZstdCompressionParameters.from_level(1, source_size=16_384, write_content_size=True)
        self.compress = zstandard.ZstdCompressor(compression_params=small).compress
        self.decompress = zstandard.ZstdDecompressor().decompress
        # The hashes of the Refs met while packing, when somebody wants to know them.
        self.refs: set[Ref] | None = None


_local = _Local()


def _pack(value: Any) -> bytes:
    # A fresh packer: this is called from inside another pack, for the rare extensions.
    return msgpack.packb(value, default=_default, datetime=True, unicode_errors="surrogatepass")  # type: ignore[no-any-return]


def _unpack(data: bytes) -> Any:
    return msgpack.unpackb(
        data, ext_hook=_extension, timestamp=3, strict_map_key=False, unicode_errors="surrogatepass"
    )


def wrap(data: bytes, seal: Seal | None = None) -> bytes:
    """Compressed when that pays, then sealed when a seal is given."""
    framed = ZSTD + _local.compress(data) if len(data) >= _COMPRESS_FROM else _PLAIN + data
    return _SEALED + seal(framed) if seal else framed


def unwrap(framed: bytes, unseal: Seal | None = None) -> bytes:
    """The inverse of `wrap`. Raises Unreadable."""
    mark = framed[:1]
    if mark == _SEALED:
        if unseal is None:
            raise Unreadable("the row is sealed and there is no key to open it")
        return unwrap(unseal(bytes(framed[1:])))
    if mark == ZSTD:
        return _local.decompress(framed[1:])
    if mark == _PLAIN:
        return bytes(framed[1:])
    raise Unreadable(f"the first byte {mark!r} is unknown to this release")


def is_sealed(framed: bytes) -> bool:
    return framed[:1] == _SEALED


def pack_value(value: Json, seal: Seal | None = None) -> bytes:
    return wrap(_local.pack(value), seal)


def unpack_value(framed: bytes, unseal: Seal | None = None) -> Json:
    return _unpack(unwrap(framed, unseal)) if framed else None


def pack_events_plain(events: Iterable[Event], refs: set[Ref] | None = None) -> bytes:
    """The list of events before `wrap`, so that its size is known; its Refs go into `refs`."""
    _local.refs = refs
    try:
        packed: bytes = _local.pack([_listed(event) for event in events])
    finally:
        _local.refs = None
    return packed


def _listed(event: Event) -> list[Any]:
    name = type(event).__name__
    return [name, *_SHAPES[name].parts(event)]


def pack_events(events: Iterable[Event], seal: Seal | None = None) -> bytes:
    return wrap(pack_events_plain(events), seal)


def unpack_events(framed: bytes, unseal: Seal | None = None) -> list[Event]:
    """Raises Unreadable for an event type of a newer release."""
    events: list[Event] = []
    for name, *values in _unpack(unwrap(framed, unseal)):
        shape = _SHAPES.get(name)
        if shape is None:
            raise Unreadable(f"event type {name} is unknown to this release")
        events.append(shape.make(values))
    return events


def pack_plain(value: Json, refs: set[Ref] | None = None) -> bytes:
    """A value before `wrap`; its Refs go into `refs`."""
    _local.refs = refs
    try:
        packed: bytes = _local.pack(value)
    finally:
        _local.refs = None
    return packed


def frame(plain: bytes) -> bytes:
    """Like `wrap`, never compressed: for what is read again at once and then thrown away."""
    return _PLAIN + plain


def unpack_plain(data: bytes) -> Json:
    return _unpack(data)


def packed_size(value: Json) -> int:
    return len(_local.pack(value))


def content_hash(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=24).hexdigest()
