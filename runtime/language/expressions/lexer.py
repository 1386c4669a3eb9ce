"""Expression text to tokens (reference 2.4, 2.5)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from runtime.language.expressions.errors import TemplateError
from runtime.language.values import Json

# What .NET calls white space; Python counts four control characters more.
WHITE_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029"
    "\u202f\u205f\u3000"
)
SYMBOLS = {
    "(": "LeftParenthesis",
    ")": "RightParenthesis",
    "[": "LeftSquareBracket",
    "]": "RightSquareBracket",
    ",": "Comma",
    ".": "Dot",
    "?": "QuestionMark",
}

# What nearly every expression is made of, a token a match: names in ASCII, texts, symbols, plain integers.
# All else (other scripts, other numbers, what is no token at all) is read character by character.
_COMMON = re.compile(
    r"""[ \t\r\n]*+(?:([A-Za-z_$][A-Za-z0-9_$]*+)(?![^\x00-\x7f])|([()\[\],.?])|('[^']*+(?:''[^']*+)*+')"""
    r"""|([0-9]{1,18}+)(?=[,)\]]|\Z))"""
)
_TOKEN_OF: dict[int, Callable[[re.Match[str]], Token]] = {
    1: lambda found: Token("Identifier", found[1], None, *found.span(1)),
    2: lambda found: Token(SYMBOLS[found[2]], found[2], None, *found.span(2)),
    3: lambda found: Token("Literal", found[3], found[3][1:-1].replace("''", "'"), *found.span(3)),
    4: lambda found: Token("Integer", found[4], int(found[4]), *found.span(4)),
}
_NUMBER = re.compile(r"[+-]?[0-9]*(\.[0-9]*)?([eE](?=.)[+-]?[0-9]*)?", re.DOTALL)
_LARGEST = 2**63


class Token(NamedTuple):
    """`kind` is the name error messages use; `value` what a literal denotes."""

    kind: str
    source: str
    value: Json
    start: int
    end: int


def utf16_length(text: str) -> int:
    """Number of UTF-16 units, which is what positions and lengths of the language count."""
    return len(text) if text.isascii() else len(text) + sum(character > "\uffff" for character in text)


def scan(text: str) -> tuple[list[Token], TemplateError | None]:
    """The tokens, ended by EndOfData, or those before a character that is none, and the error to raise there.

    The error counts only for a parser that gets so far, as in the engine.
    """
    tokens: list[Token] = []
    try:
        _scan_into(tokens, text)
    except TemplateError as error:
        return tokens, error
    return tokens, None


def _scan_into(tokens: list[Token], text: str) -> None:
    position = 0
    end = len(text)
    common = _COMMON.match
    while position < end:
        found = common(text, position)
        if found is not None:
            tokens.append(_TOKEN_OF[found.lastindex or 0](found))
            position = found.end()
            continue
        character = text[position]
        if character in WHITE_SPACE:
            position += 1
            continue
        if character in SYMBOLS:
            token = Token(SYMBOLS[character], character, None, position, position + 1)
        elif character == "'":
            token = _string(text, position)
        elif character in "+-" or ("0" <= character <= "9"):
            token = _number(text, position)
        elif starts_name(character):
            token = _name(text, position)
        else:
            raise _unexpected(text, position)
        tokens.append(token)
        position = token.end
    tokens.append(Token("EndOfData", "", None, end, end))


def starts_name(character: str) -> bool:
    """Letters of any script, `_` and `$`.

    A character outside the basic plane counts as two, neither a letter.
    """
    return character in "_$" or (character.isalpha() and character <= "\uffff")


def continues_name(character: str) -> bool:
    """What may follow the first character of a name."""
    return starts_name(character) or (character.isdecimal() and character <= "\uffff")


def _string(text: str, start: int) -> Token:
    position = start + 1
    while True:
        quote = text.find("'", position)
        if quote < 0:
            raise TemplateError(
                f"The template language expression '{text}' is not valid: the string constant at position "
                f"'{utf16_length(text[:start])}' is not terminated. String constants must be enclosed "
                "within a pair "
                "of quotes.",
                start,
            )
        if text[quote + 1 : quote + 2] != "'":
            break
        position = quote + 2
    return Token(
        "Literal", text[start : quote + 1], text[start + 1 : quote].replace("''", "'"), start, quote + 1
    )


def _number(text: str, start: int) -> Token:
    match = _NUMBER.match(text, start)
    assert match is not None
    source = match[0]
    end = match.end()
    whole = match[1] is None and match[2] is None
    if end < len(text) and continues_name(text[end]):
        raise _unexpected(text, end)
    try:
        value = int(source) if whole else _real(source)
    except ValueError:
        raise _not_a_number(text, source, start) from None
    if whole and not -_LARGEST <= value < _LARGEST:
        raise _not_a_number(text, source, start)
    return Token("Integer" if whole else "Float", source, value, start, end)


def _real(source: str) -> float:
    """The double of a literal. Short ones go through a decimal, as in the engine.

    Its digits, then a division.
    """
    whole, _, fraction = source.partition(".")
    digits = whole + fraction
    if "e" in source or "E" in source or len(fraction) > 28 or not -(2**96) < int(digits or "x") < 2**96:
        return float(source)
    value = float(int(digits)) / 10.0 ** len(fraction)
    return -value if source.startswith("-") and value == 0 else value


def _name(text: str, start: int) -> Token:
    end = start + 1
    while end < len(text) and continues_name(text[end]):
        end += 1
    return Token("Identifier", text[start:end], None, start, end)


def _not_a_number(text: str, source: str, start: int) -> TemplateError:
    return TemplateError(
        f"The template language expression '{text}' is not valid: the value '{source}' at position "
        f"'{utf16_length(text[:start])}' cannot be converted to number.",
        start,
    )


def _unexpected(text: str, position: int) -> TemplateError:
    return TemplateError(
        f"The template language expression '{text}' is not valid: the string character '{text[position]}' at "
        f"position '{utf16_length(text[:position])}' is not expected.",
        position,
    )
