"""Tokens to a tree: recursive descent over the grammar of reference 2.4.

Function names are looked up later, so the tree of an expression with an unknown function exists.
"""

from __future__ import annotations

from runtime.language.expressions import limits
from runtime.language.expressions.errors import TemplateError
from runtime.language.expressions.lexer import Token, scan, utf16_length
from runtime.language.expressions.nodes import Call, Literal, Node, Step

_KEYWORDS = {"true": ("boolean", True), "false": ("boolean", False), "null": ("null", None)}
_LONGEST_KEYWORD = 5
_STEPS = frozenset({"Dot", "LeftSquareBracket", "QuestionMark"})
_LITERALS = {"Literal": "string", "Integer": "integer", "Float": "float"}


def parse(text: str) -> Node:
    """The tree of a whole expression. Raises TemplateError; its position counts characters of `text`."""
    length = utf16_length(text)
    if length > limits.EXPRESSION_LENGTH:
        raise TemplateError(
            f"The template language expression limit exceeded: maximum '{limits.EXPRESSION_LENGTH}' and "
            "actual "
            f"'{length}'."
        )
    reader = _Reader(text)
    node = reader.expression(0)
    reader.take("EndOfData")
    return node


class _Reader:
    """`tokens` end with EndOfData, or with one of kind "", which no rule takes, where `error` was met."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens, self.error = scan(text)
        if self.error is not None:
            self.tokens.append(Token("", "", None, len(text), len(text)))
        self.next = 0

    def take(self, kind: str) -> Token:
        token = self.tokens[self.next]
        if token.kind != kind:
            raise self.refusal(token, f"expected token '{kind}' and actual '{token.kind}'.")
        self.next += 1
        return token

    def refusal(self, token: Token, reason: str) -> TemplateError:
        if self.error is not None and not token.kind:
            return self.error
        sentence = f"Unable to parse template language expression '{self.text}': {reason}"
        return TemplateError(sentence, token.start)

    def expression(self, depth: int) -> Node:
        token = self.tokens[self.next]
        kind = _LITERALS.get(token.kind)
        if kind is not None:
            self.next += 1
            return Literal(token.value, kind, token.source, token.start, token.end)
        token = self.take("Identifier")
        if len(token.source) <= _LONGEST_KEYWORD:
            keyword = _KEYWORDS.get(token.source.lower())
            if keyword is not None:
                return Literal(keyword[1], keyword[0], token.source, token.start, token.end)
        return self.call(token, depth)

    def call(self, name: Token, depth: int) -> Call:
        if depth >= limits.EXPRESSION_DEPTH:
            raise self.refusal(name, f"calls are nested more than '{limits.EXPRESSION_DEPTH}' deep.")
        tokens = self.tokens
        self.take("LeftParenthesis")
        arguments: list[Node] = []
        if tokens[self.next].kind != "RightParenthesis":
            arguments.append(self.expression(depth + 1))
            while tokens[self.next].kind == "Comma":
                self.next += 1
                arguments.append(self.expression(depth + 1))
        self.take("RightParenthesis")
        steps: list[Step] = []
        while tokens[self.next].kind in _STEPS:
            steps.append(self.step(depth))
        return Call(name.source, tuple(arguments), tuple(steps), name.start, tokens[self.next - 1].end)

    def step(self, depth: int) -> Step:
        token = self.tokens[self.next]
        start = token.start
        safe = token.kind == "QuestionMark"
        if safe:
            self.next += 1
            token = self.tokens[self.next]
            if token.kind not in ("Dot", "LeftSquareBracket"):
                raise self.refusal(
                    token,
                    f"encountered unexpected token '{token.kind}' after null-safe property dereference "
                    "operator '?'.",
                )
        self.next += 1
        if token.kind == "Dot":
            name = self.take("Identifier")
            key: Node = Literal(name.source, "string", name.source, name.start, name.end)
            return Step(key, safe, True, start, name.end)
        key = self.expression(depth + 1)
        return Step(key, safe, False, start, self.take("RightSquareBracket").end)
