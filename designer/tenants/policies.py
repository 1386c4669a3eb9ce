"""Who may do what: one table, role × verb. Everything that asks for permission asks here."""

from __future__ import annotations

from typing import Final

ROLES: Final = [
    ("owner", "Owner"),
    ("admin", "Administrator"),
    ("editor", "Editor"),
    ("operator", "Operator"),
    ("viewer", "Viewer"),
]

_VIEWER: Final = frozenset(
    {"workflow.read", "run.read", "connection.read", "operation.read", "template.read", "member.read"}
)
_OPERATOR: Final = _VIEWER | {"run.start", "run.cancel", "run.resubmit", "workflow.enable", "callback.read"}
_EDITOR: Final = _OPERATOR | {
    "workflow.create",
    "workflow.edit",
    "workflow.publish",
    "workflow.delete",
    "connection.use",
    "connection.write",
    "template.write",
}
_ADMIN: Final = _EDITOR | {"member.write", "token.write", "audit.read", "callback.rotate", "settings.write"}
_OWNER: Final = _ADMIN | {"tenant.write", "member.own"}

GRANTS: Final[dict[str, frozenset[str]]] = {
    "viewer": _VIEWER,
    "operator": _OPERATOR,
    "editor": _EDITOR,
    "admin": _ADMIN,
    "owner": _OWNER,
}
VERBS: Final = _OWNER


def allows(role: str, verb: str) -> bool:
    if verb not in VERBS:
        raise ValueError(f"{verb} is not a verb of the table in policies.py")
    return verb in GRANTS[role]


def least_role(verb: str) -> str:
    """The weakest role that has the verb: error messages name it, so the reader knows whom to ask."""
    return next(role for role in ("viewer", "operator", "editor", "admin", "owner") if verb in GRANTS[role])
