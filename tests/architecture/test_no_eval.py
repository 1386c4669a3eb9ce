"""Expressions are our own interpreter: nothing in the product evaluates text as Python."""

from __future__ import annotations

import ast

import pytest

from tests.architecture.test_layout import python_sources

BANNED_CALLS = {"eval", "exec", "compile", "__import__"}


def product_sources() -> list[tuple[str, str]]:
    return [
        (str(p), text)
        for p, text in python_sources()
        if p.parts[0] in {"designer", "runtime", "connectors"} and "tests" not in p.parts
    ]


@pytest.mark.parametrize(
    "name,text", product_sources(), ids=lambda value: value if value.endswith(".py") else ""
)
def test_no_module_evaluates_python(name: str, text: str) -> None:
    calls = [
        f"{name}:{node.lineno} {node.func.id}"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in BANNED_CALLS
    ]
    assert not calls
