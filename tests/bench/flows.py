"""A definition of so many actions, nested as people nest them: the same one every time."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

_SCHEMA = "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#"
_LEAVES = ("Compose", "Http", "ParseJson", "Query", "SetVariable", "Select")
_CONTAINERS = ("If", "Switch", "Foreach", "Until", "Scope")


def flow(actions: int, seed: int = 7) -> dict[str, Any]:
    """A file with that definition: five kinds of containers down to six levels, parallel branches with joins."""
    grower = _Grower(random.Random(seed), actions)
    body: dict[str, Any] = {}
    while grower.left > 0:
        body |= grower.branch(grower.left, 1, list(body)[-1:])
    definition = {
        "$schema": _SCHEMA,
        "contentVersion": "1.0.0.0",
        "parameters": {},
        "triggers": {"manual": {"type": "Request", "kind": "Http", "inputs": {"schema": {}}}},
        "actions": body,
        "outputs": {},
    }
    return {"definition": definition, "kind": "Stateful"}


@dataclass
class _Grower:
    random: random.Random
    left: int
    made: int = field(default=0)

    def branch(self, wanted: int, level: int, after: list[str]) -> dict[str, Any]:
        """About that many actions, one after the other, now and then side by side until they join again."""
        made: dict[str, Any] = {}
        ends = after
        begun = self.made
        while self.left > 0 and self.made - begun < wanted:
            wide = self.random.choice((2, 3)) if self.random.random() < 0.1 and self.left > 4 else 1
            names = []
            for _ in range(wide):
                name, action = self._action(min(wanted, 60), level)
                made[name] = action | {"runAfter": {end: ["Succeeded"] for end in ends}}
                names.append(name)
            ends = names
        return made

    def _action(self, room: int, level: int) -> tuple[str, dict[str, Any]]:
        self.made += 1
        self.left -= 1
        number = self.made
        if level < 6 and self.left > 2 and room > 2 and self.random.random() < 0.23:
            kind = self.random.choice(_CONTAINERS)
            return f"{kind}_{number}", self._container(kind, room, level + 1)
        kind = self.random.choice(_LEAVES)
        return f"{kind}_{number}", {"type": kind, "inputs": self._inputs(kind, number)}

    def _container(self, kind: str, room: int, level: int) -> dict[str, Any]:
        def inside(share: int) -> dict[str, Any]:
            return self.branch(max(1, self.random.randint(1, max(1, room // share))), level, [])

        match kind:
            case "If":
                condition = {"and": [{"greater": ["@triggerBody()?['total']", self.random.randint(1, 900)]}]}
                return {
                    "type": kind,
                    "expression": condition,
                    "actions": inside(2),
                    "else": {"actions": inside(3)},
                }
            case "Switch":
                cases = {f"Case_{n}": {"case": f"status-{n}", "actions": inside(5)} for n in range(1, 3)}
                default = {"actions": inside(6)}
                return {
                    "type": kind,
                    "expression": "@triggerBody()?['status']",
                    "cases": cases,
                    "default": default,
                }
            case "Foreach":
                return {"type": kind, "foreach": "@triggerBody()?['lines']", "actions": inside(2)}
            case "Until":
                limit = {"count": 60, "timeout": "PT1H"}
                expression = "@equals(variables('done'), true)"
                return {"type": kind, "expression": expression, "limit": limit, "actions": inside(3)}
            case _:
                return {"type": kind, "actions": inside(2)}

    def _inputs(self, kind: str, number: int) -> Any:
        match kind:
            case "Http":
                headers = {"Accept": "application/json", "X-Order": "@{triggerBody()?['id']}"}
                body = {"order": "@triggerBody()?['id']", "lines": "@triggerBody()?['lines']", "step": number}
                return {
                    "method": "POST",
                    "uri": f"https://orders.example.com/api/steps/{number}",
                    "headers": headers,
                    "body": body,
                }
            case "ParseJson":
                properties = {"id": {"type": "string"}, "total": {"type": "number"}}
                return {"content": "@triggerBody()", "schema": {"type": "object", "properties": properties}}
            case "Query":
                return {"from": "@triggerBody()?['lines']", "where": "@greater(item()?['quantity'], 0)"}
            case "Select":
                return {
                    "from": "@triggerBody()?['lines']",
                    "select": {"sku": "@item()?['sku']", "step": number},
                }
            case "SetVariable":
                return {"name": "done", "value": True}
            case _:
                return f"Order @{{triggerBody()?['id']}} at step {number}"
