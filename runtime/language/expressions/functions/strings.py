"""String functions (reference 4.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtime.language.expressions.errors import ExpressionError
from runtime.language.expressions.functions import numbers, utf16
from runtime.language.expressions.functions.parsing import parse_float, parse_isint
from runtime.language.expressions.functions.registry import (
    failure,
    family,
    invalid_parameters,
    wrong_kind,
)
from runtime.language.expressions.lexer import WHITE_SPACE
from runtime.language.expressions.limits import charge, charge_turns
from runtime.language.values import Json, join_surrogates, kind_of, stringify

if TYPE_CHECKING:
    from runtime.language.template import Scope

function = family("string")

ORDINALS = ("first", "second", "third", "fourth")


def text_argument(name: str, position: int, value: Json) -> str:
    """The value if it is a string, else the usual error."""
    if type(value) is not str:
        raise wrong_kind(name, f"its {ORDINALS[position]} parameter to be of type string", value)
    return value


@function(
    "concat(value1, value2, ...)",
    "string",
    "Turn every argument into text and put the pieces together.",
    "expects a comma separated list of string and integer parameters. The function was invoked with "
    "no parameters.",
    at_least=1,
)
def concat(*values: Json) -> str:
    pieces = [value if type(value) is str else stringify(value) for value in values]
    charge("concat", sum(map(len, pieces)))
    return join_surrogates("".join(pieces))


@function(
    "chunk(collection: string|array, length: int)",
    "array",
    "Cut a string or an array into pieces of one length; the last may be shorter.",
    "two parameters: the string to chunk as the first parameter, the chunk length as the second parameter",
)
def chunk(collection: Json, length: Json) -> list[Json]:
    if type(collection) is not str and type(collection) is not list:
        raise wrong_kind("chunk", "its first parameter to be of type string or array", collection)
    if type(length) is not int:
        raise wrong_kind("chunk", "its second parameter to be of type integer", length)
    if length < 1:
        raise failure(
            "chunk", "expects chunk size to be a positive integer. The provided value is less than 1."
        )
    if type(collection) is list:
        charge_turns("chunk", len(collection) // length)
        return [collection[start : start + length] for start in range(0, len(collection), length)]
    text = str(collection)
    wide = utf16.units(text)
    charge_turns("chunk", len(wide) // length)
    pieces = [wide[start : start + length] for start in range(0, len(wide), length)]
    return pieces if wide is text else [join_surrogates(piece) for piece in pieces]


@function(
    "endsWith(text: string, searchText: string)",
    "boolean",
    "Whether a string ends with another, ignoring case.",
    "two parameters: the string as the first parameter, the value to check as the second parameter",
)
def ends_with(text: Json, search: Json) -> bool:
    text, search = text_argument("endsWith", 0, text), text_argument("endsWith", 1, search)
    return utf16.fold(text).endswith(utf16.fold(search))


@function(
    "startsWith(text: string, searchText: string)",
    "boolean",
    "Whether a string starts with another, ignoring case.",
    "two parameters: the string as the first parameter, the value to check as the second parameter",
)
def starts_with(text: Json, search: Json) -> bool:
    text, search = text_argument("startsWith", 0, text), text_argument("startsWith", 1, search)
    return utf16.fold(text).startswith(utf16.fold(search))


@function(
    "formatNumber(number: int|float|decimal, format: string, locale?: string)",
    "string",
    "Write a number in a .NET standard or custom numeric format.",
    "two parameters, with an optional third parameter. It expects the number to be formatted at the "
    "first parameter, a numeric format string as the second parameter, and an optional locale "
    "string, which defaults to 'en-us', as the third parameter",
)
def format_number(number: Json, pattern: Json, locale: Json = "en-US") -> str:
    return numbers.format_number("formatNumber", number, pattern, locale)


_GUIDS = "The supported formats are: 'N, D, B, P, X'."


@function(
    "guid(format?: string)",
    "string",
    "Make a random GUID; format is N, D, B, P or X.",
    "can be invoked with no parameters or with an optional format parameter. The function was "
    "invoked with '{count}' parameter(s).",
    form="scoped",
)
def guid(scope: Scope, form: Json = "D") -> str:
    if type(form) is not str:
        raise wrong_kind("guid", "its parameter to be of type string", form)
    if form not in ("N", "D", "B", "P", "X"):
        raise failure("guid", f"format parameter '{form}' is not supported. {_GUIDS}")
    octets = bytearray(scope.random_bytes(16))
    octets[6] = octets[6] & 0x0F | 0x40  # version 4, variant 1
    octets[8] = octets[8] & 0x3F | 0x80
    digits = octets.hex()
    parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
    if form == "N":
        return digits
    if form == "X":
        tail = ",".join(f"0x{octet:02x}" for octet in octets[8:])
        return f"{{0x{parts[0]},0x{parts[1]},0x{parts[2]},{{{tail}}}}}"
    dashed = "-".join(parts)
    return {"D": dashed, "B": f"{{{dashed}}}", "P": f"({dashed})"}[form]


@function(
    "indexOf(text: string, searchText: string)",
    "integer",
    "Position of the first match, ignoring case, or -1.",
    "two parameters: the string as the first parameter, the value to find the index of as the second"
    " parameter",
)
def index_of(text: Json, search: Json) -> int:
    text, search = text_argument("indexOf", 0, text), text_argument("indexOf", 1, search)
    return utf16.fold(text).find(utf16.fold(search))


@function(
    "lastIndexOf(text: string, searchText: string)",
    "integer",
    "Position of the last match, ignoring case, or -1.",
    "two parameters: the string as the first parameter, the value to find the last index of as the "
    "second parameter",
)
def last_index_of(text: Json, search: Json) -> int:
    text, search = text_argument("lastIndexOf", 0, text), text_argument("lastIndexOf", 1, search)
    if not search:  # the engine answers the last position that holds a character
        return max(utf16.length(text) - 1, 0)
    return utf16.fold(text).rfind(utf16.fold(search))


@function(
    "nthIndexOf(text: string, searchText: string, occurrence: int)",
    "integer",
    "Position of the n-th match, ignoring case; a negative n counts from the end.",
    "three parameters: the string as the first parameter, the value to find the index of as the "
    "second parameter and a number parameter to specify which occurrence of the text to find as the "
    "third parameter",
)
def nth_index_of(text: Json, search: Json, occurrence: Json) -> int:
    text, search = text_argument("nthIndexOf", 0, text), text_argument("nthIndexOf", 1, search)
    if type(occurrence) is not int:
        raise wrong_kind("nthIndexOf", "its third parameter to be an integer", occurrence)
    if not search:
        return 0
    if occurrence == 0:
        raise failure(
            "nthIndexOf", "expects its third parameter to be a non-zero integer. The provided value is '0'."
        )
    folded, wanted = utf16.fold(text), utf16.fold(search)
    position = -1 if occurrence > 0 else len(folded)
    for turn in range(abs(occurrence)):
        if turn % 1024 == 1023:
            charge_turns("nthIndexOf", 1024)
        if occurrence > 0:
            position = folded.find(wanted, position + 1)
        else:
            position = folded.rfind(wanted, 0, position + len(wanted) - 1 if turn else len(folded))
        if position < 0:
            break
    return position


@function(
    "isFloat(string: string, locale?: string)",
    "boolean",
    "Whether float() would read the string in that culture (invariant by default).",
    "a string to parse as the first parameter, and an optional RFC4646 culture-identifier string as "
    "the second parameter",
)
def is_float(text: Json, locale: Json = "") -> bool:
    if type(text) is not str:
        raise wrong_kind("isFloat", "its first parameter 'string' to be a string", text)
    if type(locale) is not str:
        raise wrong_kind("isFloat", "its second parameter to be a string, if supplied", locale)
    return parse_float(text, locale) is not None


@function(
    "isInt(string: string)",
    "boolean",
    "Whether the string is an integer: sign, digits, spaces around.",
    "expects one parameter, a string which may contain an integer. The function was invoked with "
    "'{count}' parameter(s).",
)
def is_int(text: Json) -> bool:
    if type(text) is not str:
        raise wrong_kind("isInt", "its first parameter 'string' to be a string", text)
    return parse_isint(text)


@function(
    "length(collection: string|array)",
    "integer",
    "Number of UTF-16 units of a string or items of an array.",
    "one parameter: an array or a string the length of which is returned",
)
def length(collection: Json) -> int:
    if type(collection) is list:
        return len(collection)
    if type(collection) is str:
        return utf16.length(collection)
    raise wrong_kind("length", "its parameter to be an array or a string", collection)


@function(
    "replace(text: string, oldText: string, newText: string)",
    "string",
    "Replace every occurrence, minding case.",
    "three string parameters: the string to replace characters inside of as the first parameter, the"
    " string that will be replaced by the new string as the second parameter, and the new string as "
    "the third parameter",
)
def replace(text: Json, old: Json, new: Json) -> str:
    for position, (label, value) in enumerate((("string", text), ("old string", old), ("new string", new))):
        if type(value) is not str:
            raise wrong_kind("replace", f"its {ORDINALS[position]} parameter '{label}' to be a string", value)
    if not text:
        return ""
    if not old:
        raise ExpressionError("InvalidTemplate", "String cannot be of zero length. (Parameter 'oldValue')")
    charge("replace", len(text))
    if len(new) > len(old):
        charge("replace", len(text) + text.count(old) * (len(new) - len(old)))
    result: str = text.replace(old, new)
    return join_surrogates(result)


def _clamped(position: int, length: int) -> int:
    return max(position + length, 0) if position < 0 else min(position, length)


@function(
    "slice(text: string, startIndex: int, endIndex?: int)",
    "string",
    "Part of a string between two positions; negative ones count from the end, nothing is out of range.",
    "two parameters, with an optional third parameter. It expects the source string as the first "
    "parameter, the start index as a second parameter, and an optional third parameter specifying "
    "the end index of the substring",
)
def slice(text: Json, start: Json, end: Json = 2**62) -> str:
    text = text_argument("slice", 0, text)
    for value in (start, end):
        if type(value) is not int:  # the engine says "second" for both
            raise wrong_kind("slice", "its second parameter to be an integer", value)
    size = utf16.length(text)
    return utf16.cut(text, _clamped(start, size), _clamped(end, size))


@function(
    "split(text: string, delimiter: string)",
    "array",
    "Cut a string at every delimiter, minding case.",
    "two parameters: the string to split as the first parameter, the separator as the second parameter",
)
def split(text: Json, delimiter: Json) -> list[Json]:
    text, delimiter = text_argument("split", 0, text), text_argument("split", 1, delimiter)
    if not delimiter:
        return [text]
    charge("split", len(text))
    charge_turns("split", text.count(delimiter))
    pieces: list[Json] = text.split(delimiter)
    return pieces


_START = (
    "parameter is out of range: 'start index' must be non-negative integer and should be less than the "
    "length "
    "of the string."
)
_LENGTH = (
    "parameters are out of range: 'start index' and 'length' must be non-negative integers and their sum "
    "must "
    "be no larger than the length of the string."
)


@function(
    "substring(text: string, startIndex: int, length?: int)",
    "string",
    "Part of a string by start and length; positions outside are errors.",
    "two parameters: the 'string' to take a section from as the first parameter, the 'start index' "
    "as the second parameter",
)
def substring(text: Json, start: Json, length: Json = -(2**62)) -> str:
    if type(text) is not str:
        raise wrong_kind("substring", "its first parameter 'string' to be a string", text)
    if type(start) is not int:
        raise wrong_kind("substring", "its second parameter 'start index' to be an integer", start)
    if type(length) is not int:
        raise wrong_kind("substring", "its third parameter 'length' to be an integer", length)
    size = utf16.length(text)
    if not 0 <= start < size:
        raise failure("substring", _START)
    if length == -(2**62):
        return utf16.cut(text, start, size)
    if length < 0 or start + length > size:
        raise failure("substring", _LENGTH)
    return utf16.cut(text, start, start + length)


@function(
    "toLower(text: string)",
    "string",
    "Lower case, by the invariant culture.",
    "one parameter: the string to convert to lower casing",
)
def to_lower(text: Json) -> str:
    if type(text) is not str:
        raise wrong_kind("toLower", "its parameter to be a string", text)
    charge("toLower", len(text))
    return utf16.simple_lower(text)


@function(
    "toUpper(text: string)",
    "string",
    "Upper case, by the invariant culture; `ß` stays.",
    "one parameter: the string to convert to upper casing",
)
def to_upper(text: Json) -> str:
    if type(text) is not str:
        raise wrong_kind("toUpper", "its parameter to be a string", text)
    charge("toUpper", len(text))
    return utf16.simple_upper(text)


@function("trim(text: string)", "string", "Remove white space at both ends.", "must have only one parameter.")
def trim(text: Json) -> str:
    if type(text) is not str:
        kind_of(text)
        raise invalid_parameters("trim")
    return text.strip(WHITE_SPACE)


@function(
    "utf8Length(value: string)",
    "integer",
    "Number of bytes of the string in UTF-8.",
    "one parameter: the string to measure",
)
def utf8_length(value: Json) -> int:
    return len(text_argument("utf8Length", 0, value).encode("utf-8", "replace"))


@function(
    "utf16Length(value: string)",
    "integer",
    "Number of bytes of the string in UTF-16.",
    "one parameter: the string to measure",
)
def utf16_length(value: Json) -> int:
    return 2 * utf16.length(text_argument("utf16Length", 0, value))


@function(
    "trimByteOrderMark(content)",
    "string",
    "Text of the content without a byte order mark at its start.",
    "one parameter: the content to trim",
)
def trim_byte_order_mark(content: Json) -> str:
    return stringify(content).removeprefix("\ufeff")
