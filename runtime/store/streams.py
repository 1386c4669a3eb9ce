"""Values too big to hold: from a file on its way in, through hash and compression, into their place.

Each becomes the JSON text of the value, a megabyte at a time, so that it is a payload like every other (`J`
and JSON text). What is in memory meanwhile is a few chunks; the file itself is mapped, not read.
"""

from __future__ import annotations

import base64
import codecs
import hashlib
import mmap
import tempfile
from collections.abc import Callable, Iterable, Iterator
from typing import IO, Literal
from uuid import UUID

import msgspec
import zstandard

from runtime.language.values import Json, Ref, dumps
from runtime.store import codec
from runtime.store.places import Place, new_key
from runtime.store.records import PayloadRow

# Divides by three, so that chunks of base64 follow each other without padding between.
_STEP = 3 << 18
_KINDS = {b"{": "Object", b"[": "Array", b'"': "String"}


class Spool:
    """Bytes put aside in a file without a name, which is gone when it is closed or this process ends."""

    def __init__(self) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile(prefix="millrace-")  # noqa: SIM115
        self.size = 0

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self.size += len(data)

    def read(self) -> bytes:
        """Whole, where there is no way around it."""
        self._file.seek(0)
        return self._file.read()

    def chunks(self, start: int = 0) -> Iterator[bytes]:
        self._file.seek(start)
        while chunk := self._file.read(_STEP):
            yield chunk

    def start(self, length: int) -> bytes:
        self._file.seek(0)
        return self._file.read(length)

    def is_json(self, start: int) -> bool:
        """Whether it is, from there on, one JSON text in UTF-8. Nothing is kept of it."""
        self._file.flush()
        with mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            view = memoryview(mapped)[start:]
            try:
                msgspec.json.decode(view, type=msgspec.Raw)
            except (msgspec.DecodeError, UnicodeDecodeError):
                return False
            finally:
                view.release()
        return True

    def close(self) -> None:
        self._file.close()


class Held:
    """Bytes that are in memory anyway, once."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size = len(data)

    def chunks(self, start: int = 0) -> Iterator[bytes]:
        for at in range(start, self.size, _STEP):
            yield self._data[at : at + _STEP]

    def start(self, length: int) -> bytes:
        return self._data[:length]

    def is_json(self, start: int) -> bool:
        try:
            msgspec.json.decode(memoryview(self._data)[start:], type=msgspec.Raw)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return False
        return True


Source = Spool | Held
Way = Literal["json", "text", "bytes"]
Text = tuple[str, Callable[[], Iterable[bytes]]]
"""The kind of a value and its JSON text, from the beginning each time."""


def json_text(spool: Source) -> Text | None:
    """None for what is no object, array or string, or is JSON only to a more patient reader."""
    start = len(codecs.BOM_UTF8) if spool.start(3) == codecs.BOM_UTF8 else 0
    kind = _KINDS.get(spool.start(1000)[start:].lstrip()[:1])
    if kind is None or not spool.is_json(start):
        return None
    return kind, lambda: spool.chunks(start)


def base64_text(spool: Source) -> Text:
    """The bytes as the string that `$content` of an envelope holds."""

    def pieces() -> Iterator[bytes]:
        yield b'"'
        for chunk in spool.chunks():
            yield base64.b64encode(chunk)
        yield b'"'

    return "String", pieces


def string_text(spool: Source) -> Text:
    """Bytes in UTF-8 as a string; unreadable ones become U+FFFD, a leading byte order mark goes."""

    def pieces() -> Iterator[bytes]:
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        first = True
        yield b'"'
        for chunk in spool.chunks():
            text = decoder.decode(chunk)
            yield dumps(text.removeprefix("\ufeff") if first else text)[1:-1].encode()
            first = False
        yield dumps(decoder.decode(b"", final=True))[1:-1].encode() + b'"'

    return "String", pieces


_TEXTS: dict[Way, Callable[[Source], Text | None]] = {
    "json": json_text,
    "text": string_text,
    "bytes": base64_text,
}


def keep_body(
    place: Place, tenant: UUID, source: Source, way: Way, content_type: str | None
) -> tuple[Json, PayloadRow] | None:
    """A body as a value that is not held, and its row. None where it has to be read. Blocking. Raises
    PlaceFailed.
    """
    text = _TEXTS[way](source)
    if text is None:
        return None
    ref, row = store(place, tenant, text)
    return ({"$content-type": content_type, "$content": ref} if way == "bytes" else ref), row


def store(place: Place, tenant: UUID, text: Text) -> tuple[Ref, PayloadRow]:
    """Put it into its place; the row is for whoever first stores the Ref. Blocking. Raises PlaceFailed."""
    kind, pieces = text
    size = sum(len(piece) for piece in pieces())
    digest = hashlib.blake2b(digest_size=24)

    def compressed() -> Iterator[bytes]:
        packer = zstandard.ZstdCompressor(level=1).compressobj(size=size + 1)
        yield codec.ZSTD + packer.compress(b"J")
        for piece in pieces():
            digest.update(piece)
            yield packer.compress(piece)
        yield packer.flush()

    key = new_key(tenant)
    place.write(key, compressed())
    content_hash = digest.hexdigest()
    return Ref(content_hash, size, kind), PayloadRow(content_hash, size, kind, b"", place=key)


def load_text(place: Place, key: str, size: int) -> bytearray | None:
    """The JSON text of a payload that was kept as such, once in memory. None for one kept another way.

    Blocking. Raises FileNotFoundError, PlaceFailed.
    """
    text = bytearray(size)
    view, at, begun = memoryview(text), 0, False
    unpacker = zstandard.ZstdDecompressor().decompressobj()
    for number, chunk in enumerate(place.read(key)):
        if not number and chunk[:1] != codec.ZSTD:
            return None
        piece = unpacker.decompress(chunk[0 if number else 1 :])
        if piece and not begun:
            if piece[:1] != b"J":
                return None
            begun, piece = True, piece[1:]
        if at + len(piece) > size:
            return None
        view[at : at + len(piece)] = piece
        at += len(piece)
    view.release()
    return text if at == size else None
