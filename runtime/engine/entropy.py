"""Chance, drawn by the shell: one seed per slice, stretched here, so that a slice is a pure function."""

from __future__ import annotations

import hashlib


class Entropy:
    """A stream of bytes made from `seed` (32 random bytes from the shell)."""

    __slots__ = ("_buffer", "_counter", "_seed")

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self._counter = 0
        self._buffer = b""

    def random_bytes(self, count: int) -> bytes:
        """The next `count` bytes of the stream."""
        while len(self._buffer) < count:
            self._counter += 1
            self._buffer += hashlib.sha256(self._seed + self._counter.to_bytes(8, "big")).digest()
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        return taken

    def fraction(self) -> float:
        """A number from 0 up to, but not including, 1."""
        return int.from_bytes(self.random_bytes(7), "big") / (1 << 56)
