"""Messages for Batch triggers, and the runs that released batches start (reference 5.10, 6.19)."""

from __future__ import annotations

from datetime import datetime

from runtime.engine.codes import whole_number
from runtime.engine.entropy import Entropy
from runtime.engine.events import RunStarted
from runtime.engine.scope import ActionScope, World, refuse
from runtime.engine.state import RunState
from runtime.host.plans import Planned
from runtime.language.definition import Trigger
from runtime.language.template import compile_template
from runtime.language.values import Json, Ref
from runtime.store import codec
from runtime.store.records import BatchMessage, InboxRow
from runtime.triggers.arming import batches_of
from runtime.triggers.entrance import TriggerRefused

DEFAULT_PARTITION = "DEFAULT"
# What a partition holds at most (reference 13): it is released then, whatever the criteria say.
MOST_MESSAGES = 8_000
MOST_BYTES = 80 * 1024 * 1024
_NAME_LENGTH = 200


def message_of(
    row: InboxRow, planned: Planned, trigger: Trigger, now: datetime, seal: codec.Seal | None = None
) -> BatchMessage:
    """The message that a SendToBatch action put into an inbox row. Raises TriggerRefused, ExpressionError."""
    if trigger.type != "Batch":
        raise TriggerRefused(f"The trigger '{row.trigger}' takes no messages: it is of type {trigger.type}.")
    given: dict[str, Json] = codec.unpack_value(row.record) or {}
    wanted = _name(given.get("batchName"))
    inputs = _inputs(row, planned, trigger, now)
    configured = batches_of(inputs)
    if (
        not configured
        and isinstance(inputs, dict)
        and _name(inputs.get("mode")).lower() == "integrationaccount"
    ):
        raise TriggerRefused(
            f"The trigger '{row.trigger}' takes its batches from an integration account, which is not here. "
            "Set its mode to 'Inline' and give the release criteria under 'configurations'."
        )
    found = next((name for name in configured if name.casefold() == wanted.casefold()), None)
    if found is None:
        names = ", ".join(f"'{name}'" for name in configured) or "none"
        raise TriggerRefused(
            f"The trigger '{row.trigger}' has no batch '{wanted}'. It has: {names}. Name one of them."
        )
    refs: set[Ref] = set()
    plain = codec.pack_plain(given.get("content"), refs)
    criteria = configured[found]
    return BatchMessage(
        batch=found,
        partition=_name(given.get("partitionName")) or DEFAULT_PARTITION,
        message_id=_name(given.get("messageId")) or str(row.id),
        content=codec.wrap(plain, seal),
        size=max(1, len(plain) + sum(ref.size for ref in refs)),
        uses=tuple(sorted(ref.hash for ref in refs)),
        most_messages=_limit(criteria.get("messageCount"), MOST_MESSAGES),
        most_bytes=_limit(criteria.get("batchSize"), MOST_BYTES),
    )


def outputs_of(items: list[tuple[str, str, str, bytes]], unseal: codec.Seal | None) -> dict[str, Json]:
    """The trigger's outputs of a released batch."""
    name, partition = items[0][:2]
    listed: list[Json] = [
        {"content": codec.unpack_value(content, unseal), "messageId": message_id}
        for _, _, message_id, content in items
    ]
    return {"body": {"batchName": name, "partitionName": partition, "items": listed}}


def _inputs(row: InboxRow, planned: Planned, trigger: Trigger, now: datetime) -> Json:
    template = compile_template(trigger.inputs)
    if template.literal:
        return trigger.inputs
    state = RunState.empty()
    state.run = RunStarted(str(row.id), planned.workflow, row.trigger, {"name": row.trigger})
    return template.evaluate(ActionScope(World(planned.plan, state, now, Entropy(row.id.bytes * 2), refuse)))


def _limit(value: Json, most: int) -> int:
    number = whole_number(value)
    return most if number is None or number < 1 else min(number, most)


def _name(value: Json) -> str:
    return (
        value[:_NAME_LENGTH] if isinstance(value, str) else "" if value is None else str(value)[:_NAME_LENGTH]
    )
