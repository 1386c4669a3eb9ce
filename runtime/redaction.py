"""Sentences about secured inputs, without the values they quote.

A connector says what it could not do: "The host name 'x' could not be resolved". Where the inputs are
secured, x may be the secret or a part of an address that holds it. So every word that occurs in a value, or
in which a value occurs, is replaced; what is left still says what went wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

from runtime.language.values import Json

HIDDEN: Final = "…"
SHORTEST: Final = 3
"""Characters of a word that is looked for; shorter ones are in nearly every value."""
LONGEST: Final = 200
"""A longer word is no word of ours, and is hidden unseen."""
_WORD: Final = re.compile(r"[^\s'\"“”‘’<>()\[\]{},:;]+")


def without_values(sentence: str, inputs: Json) -> str:
    """The sentence with `…` for every word that says something of the inputs."""
    values = {text for text in _texts(inputs) if len(text) >= SHORTEST}
    everything = "\n".join(values)
    everything += "\n" + quote(everything, safe="\n", errors="replace")

    def hidden(found: re.Match[str]) -> str:
        word = found[0].strip(".!?")
        if len(word) < SHORTEST:
            return found[0]
        tells = len(word) > LONGEST or word in everything or any(part in values for part in _parts(word))
        return found[0].replace(word, HIDDEN) if tells else found[0]

    return _WORD.sub(hidden, sentence) if values else sentence


def _parts(word: str) -> Iterator[str]:
    for start in range(len(word)):
        for end in range(start + SHORTEST, len(word) + 1):
            yield word[start:end]


def _texts(value: Json) -> Iterator[str]:
    pending = [value]
    while pending:
        current = pending.pop()
        if isinstance(current, dict):
            pending.extend(current.values())
        elif isinstance(current, list):
            pending.extend(current)
        elif isinstance(current, str):
            yield current
        elif current is not None and not isinstance(current, bool):
            yield str(current)
