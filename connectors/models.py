"""Connections: what a tenant told us so that operations can reach something; sealed at rest."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from uuid_utils.compat import uuid7

from connectors.secrets import open_, seal

PURPOSE = "connection"


class Connection(models.Model):
    """One named set of parameters for one connector. Definitions refer to it by `name` (`connectionName`)."""

    class State(models.TextChoices):
        UNTESTED = "untested"
        OK = "ok"
        FAILING = "failing"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.CASCADE, related_name="connections")
    name = models.CharField(max_length=80)
    connector = models.CharField(max_length=80)
    sealed_parameters = models.BinaryField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.UNTESTED)
    state_message = models.CharField(max_length=500, blank=True)
    last_tested = models.DateTimeField(null=True)
    # How much of it all workflows may use together; None: as much as they like.
    most_at_once = models.PositiveSmallIntegerField(null=True)
    most_per_minute = models.PositiveIntegerField(null=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint("tenant", Lower("name"), name="connection_name_once")]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def open_parameters(self) -> dict[str, Any]:
        """The parameters in clear text. Only the executor and a test of the connection need them."""
        opened: dict[str, Any] = json.loads(
            open_(self._tenant(), bytes(self.sealed_parameters), purpose=PURPOSE)
        )
        return opened

    def seal_parameters(self, parameters: dict[str, Any]) -> None:
        text = json.dumps(parameters, ensure_ascii=False, separators=(",", ":"))
        self.sealed_parameters = seal(self._tenant(), text.encode(), purpose=PURPOSE)

    def _tenant(self) -> uuid.UUID:
        return uuid.UUID(str(self.tenant_id))
