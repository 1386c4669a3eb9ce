"""What can go wrong around people and permissions. api/errors.py gives each its status and
problem document.
"""

from __future__ import annotations

from datetime import datetime

from designer.tenants import policies

_SENTENCES = {
    "workflow.create": "create workflows",
    "workflow.edit": "edit workflows",
    "workflow.publish": "publish workflows",
    "workflow.delete": "delete workflows",
    "workflow.enable": "switch workflows on or off",
    "run.start": "start runs",
    "run.cancel": "cancel runs",
    "run.resubmit": "resubmit runs",
    "callback.read": "see callback URLs",
    "callback.rotate": "renew callback keys",
    "connection.use": "use connections",
    "connection.write": "change connections",
    "token.write": "manage API tokens",
    "member.write": "manage members",
    "audit.read": "read the audit trail",
    "template.write": "save or change templates",
    "settings.write": "see or change the settings of this organisation",
    "tenant.write": "rename or remove this organisation",
    "member.own": "make owners, or take that from them",
}

_TITLES = dict(policies.ROLES)


class PermissionRefused(Exception):
    def __init__(self, verb: str, role: str) -> None:
        self.verb, self.role = verb, role
        what = _SENTENCES.get(verb, f"do this ({verb})")
        least = policies.least_role(verb)
        higher = "" if least == "owner" else " or higher"
        whom = "an owner" if role == "admin" or least == "owner" else "an administrator or owner"
        super().__init__(
            f"As {_TITLES[role]} of this organisation you may not {what}; that takes the role "
            f"{_TITLES[least]}{higher}. Ask {whom}: Members lists them."
        )


class TenantNotFound(Exception):
    """Also for tenants that exist: whether they do is not for a stranger to learn."""

    def __init__(self) -> None:
        super().__init__("You have no access to this organisation, or it does not exist.")


class CsrfRefused(Exception):
    """A page of before somebody signed in: with a new token it may ask again."""

    def __init__(self) -> None:
        super().__init__("Reload the page and try again: its protection token is missing or old.")


class SignInRequired(Exception):
    def __init__(self) -> None:
        super().__init__("Sign in first: the session is missing or has expired.")


class WrongCredentials(Exception):
    def __init__(self) -> None:
        super().__init__("Email or password is not correct.")


class TooManyAttempts(Exception):
    def __init__(self, until: datetime, seconds: int) -> None:
        self.until, self.seconds = until, seconds
        super().__init__(f"Too many wrong passwords. Try again in {max(1, round(seconds / 60))} min.")


class SetupLinkInvalid(Exception):
    def __init__(self) -> None:
        super().__init__(
            "This set-up link has been used or has expired. Start the server again to get a new one, or run "
            "`millrace setup`."
        )


class InvitationInvalid(Exception):
    def __init__(self) -> None:
        super().__init__(
            "This invitation has been used, was withdrawn or has expired. Ask whoever invited you for a "
            "new link."
        )


class LastOwner(Exception):
    def __init__(self) -> None:
        super().__init__(
            "This is the only owner of the organisation. Make somebody else an owner first, then try again."
        )


class FieldsInvalid(Exception):
    """Some of the values sent cannot be accepted; `fields` maps a field's wire name to its sentences."""

    def __init__(self, fields: dict[str, list[str]]) -> None:
        self.fields = fields
        super().__init__(" ".join(sentence for sentences in fields.values() for sentence in sentences))


class NotFound(Exception):
    def __init__(self, kind: str, name: str = "") -> None:
        self.kind = kind
        super().__init__(f"There is no {kind}{f' {name}' if name else ''} here. It may have been deleted.")
