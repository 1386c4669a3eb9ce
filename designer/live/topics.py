"""What a socket may follow, who may, and how each topic is fed."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import Literal

from designer.tenants import doors, policies
from designer.tenants.errors import TenantNotFound
from designer.tenants.models import ApiToken, Tenant, User

Kind = Literal["run", "runs", "inbox", "draft", "news"]

_WORKFLOW = re.compile(r"workflow:(?P<id>[0-9a-f-]{36}):(?P<what>runs|draft)")
_RUN = re.compile(r"run:(?P<id>[0-9a-f-]{36})")
_VERBS: dict[Kind, str] = {
    "run": "run.read",
    "runs": "run.read",
    "inbox": "run.read",
    "draft": "workflow.read",
    "news": "workflow.read",
}


@dataclass(frozen=True, slots=True)
class Topic:
    """`object_id` is the run's or workflow's; None for topics of the whole tenant."""

    name: str
    kind: Kind
    object_id: uuid.UUID | None

    @property
    def verb(self) -> str:
        return _VERBS[self.kind]


def parse(name: str) -> Topic | None:
    if name == "tenant:runs":
        return Topic(name, "runs", None)
    if name == "tenant:inbox":
        return Topic(name, "inbox", None)
    if name == "tenant:workflows":
        return Topic(name, "news", None)
    try:
        if found := _RUN.fullmatch(name):
            return Topic(name, "run", uuid.UUID(found["id"]))
        if found := _WORKFLOW.fullmatch(name):
            return Topic(name, "runs" if found["what"] == "runs" else "draft", uuid.UUID(found["id"]))
    except ValueError:
        pass
    return None


@dataclass(frozen=True, slots=True)
class Access:
    """Who holds the socket, as of the last check."""

    user: User
    tenant: Tenant
    role: str

    def may_follow(self, topic: Topic) -> bool:
        """The verb, and that the object is this tenant's. Runs are checked by reading them."""
        if not policies.allows(self.role, topic.verb):
            return False
        if topic.object_id is not None and topic.kind in {"runs", "draft"}:
            return self.tenant.workflows.filter(pk=topic.object_id, deleted_at=None).exists()
        return True


def access_of(user_id: uuid.UUID | str, slug: str, token: ApiToken | None) -> Access | None:
    """Read anew each time: role, membership and account may have changed since the socket was opened."""
    user = doors.user_by_id(user_id)
    if user is None:
        return None
    try:
        tenant, role = doors.tenant_for(user, slug, token)
    except TenantNotFound:
        return None
    return Access(user, tenant, role)
