"""OpenAPI of each view: readable operation ids and the problem document as the answer to everything that
fails.
"""

from __future__ import annotations

from typing import Any, Literal

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

from designer.api.shapes import Problem


class Schema(AutoSchema):
    def get_tags(self) -> list[str]:
        parts = [part for part in self.path.removeprefix("/api/v1/").split("/") if part and "{" not in part]
        return [parts[1] if parts[0] == "t" and len(parts) > 1 else parts[0]]

    def get_description(self) -> str:  # type: ignore[override]  # as drf-spectacular has it
        # Without this drf-spectacular would print the docstring of the view's base class.
        return (self.method and getattr(self.view, self.method.lower()).__doc__) or ""

    def get_override_parameters(self) -> list[Any]:
        return []

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        if direction == "response":
            media = ["application/problem+json"]
            problem = self._get_response_for_code(Problem, "default", media)  # type: ignore[no-untyped-call]
            bodies.setdefault("default", {**problem, "description": "A problem document"})
        return bodies


class TokenOrSessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "designer.api.authentication.TokenOrSession"
    name = ["session", "token"]

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[str]]]:
        return [{"session": []}, {"token": []}]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, str]]:
        return [
            {"type": "apiKey", "in": "cookie", "name": "millrace_session"},
            {"type": "http", "scheme": "bearer"},
        ]
