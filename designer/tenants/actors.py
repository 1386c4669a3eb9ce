"""Who is acting, in which tenant, under which request: the first argument of every write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from designer.tenants import policies
from designer.tenants.errors import PermissionRefused

if TYPE_CHECKING:
    from designer.tenants.models import Tenant, User


@dataclass(frozen=True, slots=True)
class Actor:
    """`user` is None for commands, which act with the rights of whoever can read the data folder."""

    user: User | None
    tenant: Tenant
    role: str
    request_id: str
    name: str

    def may(self, verb: str) -> bool:
        return policies.allows(self.role, verb)

    def require(self, verb: str) -> None:
        if not self.may(verb):
            raise PermissionRefused(verb, self.role)


def command_line(tenant: Tenant, request_id: str) -> Actor:
    return Actor(user=None, tenant=tenant, role="owner", request_id=request_id, name="command line")
