"""The view every route under /t/{tenant} starts from: it finds the tenant and asks for permission."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any, ClassVar

from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request
from rest_framework.views import APIView

from designer.tenants import doors, walls
from designer.tenants.actors import Actor
from designer.tenants.models import ApiToken, Tenant, User

_SAFE = {"GET", "HEAD", "OPTIONS"}


class TenantView(APIView):
    """A route under /t/{tenant}. `verbs` names the permission of each method; services check it again for
    writes.
    """

    verbs: ClassVar[dict[str, str]] = {}
    tenant: Tenant
    actor: Actor
    _wall: ExitStack

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        with ExitStack() as self._wall:
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        assert isinstance(request.user, User)
        token = request.auth if isinstance(request.auth, ApiToken) else None
        tenant, role = doors.tenant_for(request.user, kwargs["tenant"], token)
        self.tenant = tenant
        self._wall.enter_context(walls.within(tenant.pk))
        self.actor = Actor(
            user=request.user,
            tenant=tenant,
            role=role,
            request_id=getattr(request._request, "request_id", ""),
            name=request.user.email,
        )
        verb = self.verbs.get("GET" if request.method in _SAFE else request.method or "")
        if verb is None:
            raise MethodNotAllowed(request.method or "")
        self.actor.require(verb)
