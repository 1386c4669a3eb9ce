"""JSON text as the language's json() reads it: much that is not JSON is accepted (reference 4.4 json).

Well-formed text takes the C reader; what that refuses is read again here, with the error texts of the
original.
"""

from __future__ import annotations

import json
import re
from enum import Enum
from typing import Any, Literal

from runtime.language.expressions.limits import JSON_DEPTH
from runtime.language.values import Json, join_surrogates

_SPACE = re.compile(r"[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*")
_NUMBER = re.compile(r"[-+.0-9a-fA-FxX]*")
_FLOAT = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_PLAIN = {quote: re.compile(rf"[^{quote}\\]*") for quote in "'\""}
_LINE_END = re.compile(r"\r\n|\r|\n")
# half of a surrogate pair written as an escape
_HALF = re.compile(
    r"\\u[dD](?:[89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|[c-fC-F][0-9a-fA-F]{2}(?<!\\u[dD][89abAB]..\\u....))"
)
_LONGEST = 4_194_304  # characters the slow reader takes on
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "/": "/", "\\": "\\", '"': '"', "'": "'"}
_WORDS: dict[str, tuple[str, str, Json]] = {
    "t": ("true", "boolean", True),
    "f": ("false", "boolean", False),
    "nu": ("null", "null", None),
    "u": ("undefined", "undefined", None),
    "N": ("NaN", "NaN", float("nan")),
    "I": ("Infinity", "Infinity", float("inf")),
    "-I": ("-Infinity", "-Infinity", float("-inf")),
}
_IN_PATH = re.compile(r"[. '/\"\[\]()\t\n\r\f\x08\\\x85\u2028\u2029]")


class JsonTextError(Exception):
    """Text that even the lenient reader refuses; the message is the reason."""


def _pairs(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    """An object; of members with one name the last wins and takes the last place."""
    result = dict(pairs)
    if len(result) != len(pairs):
        result = {}
        for name, value in pairs:
            result.pop(name, None)
            result[name] = value
    return result


_strict = json.JSONDecoder(object_pairs_hook=_pairs)


def read(text: str) -> Json:
    """The value of the text; None for blank text. Raises JsonTextError."""
    if "\\u" in text and _HALF.search(text) and len(text) <= _LONGEST:
        return _Reader(text).document()
    try:
        value, end = _strict.raw_decode(text, _SPACE.match(text).end())  # type: ignore[union-attr]
    except (ValueError, RecursionError) as error:
        if len(text) > _LONGEST:
            raise JsonTextError(
                f"The text is not plain JSON ({error}) and too long to be read leniently."
            ) from None
        return _Reader(text).document()
    if isinstance(value, dict | list) or not text[end : end + 1].strip():
        _check_depth(value)
        return value
    return _Reader(text).document()


def _check_depth(value: Json) -> None:
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > JSON_DEPTH + 1:
            raise JsonTextError(f"The reader's MaxDepth of {JSON_DEPTH} has been exceeded.")
        inner: list[Json] = []
        for item in level:
            if type(item) is dict:
                inner.extend(v for v in item.values() if type(v) is dict or type(v) is list)
            elif type(item) is list:
                inner.extend(v for v in item if type(v) is dict or type(v) is list)
        level = inner


class _Mark(Enum):
    """What is found where a value may stand, and is none."""

    END = "the text is over"
    CLOSE = "a closing square bracket"


class _Reader:
    """A reader with the states, and so the tolerance and the error texts, of the service's own.

    `places` are the open containers: the last index of an array, the last name of an object. `fresh` says
    that the innermost has only just been opened, `last` what was read before: an opening or closing bracket
    or anything else.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.places: list[int | str] = []
        self.fresh = False
        self.started = False
        self.last: Literal["open", "close", "other"] = "other"
        self.over = False

    def failure(self, message: str) -> JsonTextError:
        line, begin = 1, 0
        for end in _LINE_END.finditer(self.text, 0, self.position):
            line, begin = line + 1, end.end()
        column = self.position - begin
        if not self.started and column == 0:
            line = 0
        path = self.path(len(self.places) - self.fresh)
        return JsonTextError(f"{message} Path '{path}', line {line}, position {column}.")

    def path(self, depth: int) -> str:
        path = ""
        for place in self.places[:depth]:
            if isinstance(place, int):
                path += f"[{place}]"
            elif _IN_PATH.search(place):
                path += "['" + place.replace("\\", "\\\\").replace("'", "\\'") + "']"
            else:
                path += f".{place}" if path else place
        return path

    def unexpected_end(self) -> JsonTextError:
        return self.failure("Unexpected end when reading JSON.")

    def document(self) -> Json:
        value = self.value()
        if value is _Mark.CLOSE:
            raise self.failure("JsonToken EndArray is not valid for closing JsonType None.")
        return None if value is _Mark.END else value

    def peek(self, ahead: int = 0) -> str:
        return self.text[self.position + ahead : self.position + ahead + 1]

    def skip(self) -> str:
        """Pass white space and comments; the next character, or "" at the end."""
        while True:
            self.position = _SPACE.match(self.text, self.position).end()  # type: ignore[union-attr]
            character = self.peek()
            if character == "/":
                self.comment()
            elif character == "\0":
                self.position += 1
            else:
                return character

    def comment(self) -> None:
        self.position += 1
        self.last = "other"
        if self.position + 1 >= len(self.text):
            raise self.failure("Unexpected end while parsing comment.")
        kind = self.peek()
        if kind not in "*/":
            raise self.failure(f"Error parsing comment. Expected: *, got {kind}.")
        if kind == "/":
            end = _LINE_END.search(self.text, self.position)
            self.position = end.start() if end else len(self.text)
            return
        close = self.text.find("*/", self.position + 1)
        self.position = len(self.text) if close < 0 else close + 2
        if close < 0:
            raise self.failure("Unexpected end while parsing comment.")

    def value(self) -> Any:
        """A value, or the mark of what stands in its place."""
        character = self.skip()
        if not character:
            if self.last == "open" or len(self.places) > (self.last == "close"):
                path = self.path(len(self.places) - 1)
                raise JsonTextError(f"Unexpected end when reading token. Path '{path}'.")
            return _Mark.END
        if character in "{[":
            return self.container(character)
        if character == "]":
            self.position += 1
            return _Mark.CLOSE
        if character == ",":  # a value left out is undefined; the comma itself is read again
            return self.counted(None)
        if character in "\"'":
            return self.counted(self.string(character))
        word = (
            character + self.peek(1)
            if character == "n" or self.text.startswith("-I", self.position)
            else character
        )
        if word in _WORDS:
            return self.word(*_WORDS[word])
        if character in "-." or character.isnumeric():
            return self.number()
        if character == "n" and not self.peek(1):
            self.position += 1
            raise self.unexpected_end()
        raise self.failure(f"Unexpected character encountered while parsing value: {character}.")

    def counted(self, value: Json) -> Json:
        """Note that a value has been read: arrays count."""
        if self.places and isinstance(self.places[-1], int):
            self.places[-1] += 1
        self.fresh, self.started, self.last = False, True, "other"
        return value

    def word(self, word: str, what: str, meaning: Json) -> Json:
        if self.position + len(word) > len(self.text):
            self.position = len(self.text)
            raise self.unexpected_end()
        for expected in word:
            if self.peek() != expected:
                raise self.failure(f"Error parsing {what} value.")
            self.position += 1
        following = self.peek()
        separated = not following or following in "}],\0" or _SPACE.fullmatch(following)
        if not separated and not (following == "/" and self.peek(1) in ("*", "/")):
            raise self.failure(f"Error parsing {what} value.")
        return self.counted(meaning)

    def string(self, quote: str) -> str:
        self.position += 1
        pieces: list[str] = []
        while True:
            plain = _PLAIN[quote].match(self.text, self.position)
            assert plain is not None
            pieces.append(plain[0])
            self.position = plain.end()
            if self.position >= len(self.text):
                raise self.failure(f"Unterminated string. Expected delimiter: {quote}.")
            if self.peek() == quote:
                self.position += 1
                return join_surrogates("".join(pieces))
            pieces.append(self.escape(quote))

    def escape(self, quote: str) -> str:
        letter = self.peek(1)
        self.position += 2 if letter else 1
        if not letter:
            raise self.failure(f"Unterminated string. Expected delimiter: {quote}.")
        if letter == "u":
            return self.unicode_escape()
        if letter not in _ESCAPES:
            raise self.failure(f"Bad JSON escape sequence: \\{letter}.")
        return _ESCAPES[letter]

    def unicode_escape(self) -> str:
        """A UTF-16 unit by its digits; half a surrogate pair becomes the replacement character."""
        unit = self.unit()
        if not "\ud800" <= unit <= "\udfff":
            return unit
        if unit <= "\udbff" and self.text.startswith("\\u", self.position):
            begin = self.position
            self.position += 2
            second = self.unit()
            if "\udc00" <= second <= "\udfff":
                return join_surrogates(unit + second)
            self.position = begin  # it is read again, on its own
        return "\ufffd"

    def unit(self) -> str:
        if self.position + 4 >= len(self.text):
            raise self.failure("Unexpected end while parsing Unicode escape sequence.")
        digits = self.text[self.position : self.position + 4]
        if not re.fullmatch(r"[0-9A-Fa-f]{4}", digits):
            raise self.failure(f"Invalid Unicode escape sequence: \\u{digits}.")
        self.position += 4
        return chr(int(digits, 16))

    def number(self) -> Json:
        match = _NUMBER.match(self.text, self.position)
        assert match is not None
        source, self.position = match[0], match.end()
        following = self.peek()
        if following and following not in ",}])/\0" and not _SPACE.fullmatch(following):
            raise self.failure(f"Unexpected character encountered while parsing number: {following}.")
        self.counted(None)
        try:
            if len(source) > 1 and source[0] == "0" and source[1] not in ".eE":
                return _in_other_base(source)
            if re.fullmatch(r"-?[0-9]+", source):
                return int(source)
            if _FLOAT.fullmatch(source):
                return float(source)
        except ValueError:
            pass
        raise self.failure(f"Input string '{source}' is not a valid number.")

    def container(self, bracket: str) -> Json:
        self.position += 1
        self.counted(None)
        self.places.append(-1 if bracket == "[" else "")
        self.fresh, self.last = True, "open"
        if len(self.places) > JSON_DEPTH + 1:
            raise self.failure(f"The reader's MaxDepth of {JSON_DEPTH} has been exceeded.")
        value: Json = self.array() if bracket == "[" else self.object()
        if not self.over:
            self.places.pop()
            self.fresh, self.last = False, "close"
        return value

    def array(self) -> list[Json]:
        items: list[Json] = []
        while not self.over:
            item = self.value()
            if item is _Mark.CLOSE:
                break
            if item is _Mark.END:
                self.over = True
                break
            items.append(item)
            if self.over or self.closed("]"):
                break
        return items

    def closed(self, bracket: str) -> bool:
        """After an item: whether the container ends here, by its bracket or with the text."""
        character = self.skip()
        if not character:
            self.over = True
            return True
        if character not in ",]})":
            raise self.failure(f"After parsing a value an unexpected character was encountered: {character}.")
        self.position += 1
        if character not in (",", bracket):
            raise self.mismatch(character)
        return character == bracket

    def mismatch(self, character: str) -> JsonTextError:
        token = {"]": "EndArray", "}": "EndObject", ")": "EndConstructor"}[character]
        kind = "Array" if isinstance(self.places.pop(), int) else "Object"
        self.fresh = False
        return self.failure(f"JsonToken {token} is not valid for closing JsonType {kind}.")

    def object(self) -> dict[str, Json]:
        pairs: list[tuple[str, Json]] = []
        while not self.over:
            character = self.skip()
            if not character:
                self.value()  # tells what is missing
                self.over = True
                break
            if character == "}":
                self.position += 1
                break
            name = self.name(character)
            self.position = _SPACE.match(self.text, self.position).end()  # type: ignore[union-attr]
            found = self.peek()
            if found != ":":
                raise self.failure(
                    f"Invalid character after parsing property name. Expected ':' but got: {found or chr(0)}."
                )
            self.position += 1
            self.places[-1], self.fresh, self.last = name, False, "other"
            value = self.value()
            if value is _Mark.CLOSE:
                raise self.mismatch("]")
            pairs.append((name, value))
            if self.over or self.closed("}"):
                break
        return _pairs(pairs)

    def name(self, character: str) -> str:
        if character in "\"'":
            return self.string(character)
        if not _names(character):
            raise self.failure(f"Invalid property identifier character: {character}.")
        begin = self.position
        while _names(self.peek()):
            self.position += 1
        following = self.peek()
        if not following:
            raise self.failure("Unexpected end while parsing unquoted property name.")
        if following != ":" and not _SPACE.fullmatch(following):
            raise self.failure(f"Invalid JavaScript property identifier character: {following}.")
        return self.text[begin : self.position]


def _names(character: str) -> bool:
    """Whether the character may stand in a name without quotes."""
    return character.isalnum() or (character != "" and character in "_$")


def _in_other_base(source: str) -> int:
    """Hexadecimal and octal numbers: 64 bits, of which the first is the sign. Raises ValueError."""
    hexadecimal = source[1] in "xX"
    if not re.fullmatch(r"0[xX][0-9A-Fa-f]+" if hexadecimal else r"[0-7]+", source):
        raise ValueError
    value = int(source, 16 if hexadecimal else 8)
    if value >= 2**64:
        raise ValueError
    return value - 2**64 if value >= 2**63 else value
