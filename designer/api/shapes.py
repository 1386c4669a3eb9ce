"""Shapes shared by several nouns: statuses, problems, pages."""

from __future__ import annotations

from typing import Any, Final

from rest_framework import serializers

# Reference 10.3; runs use the shorter list.
ACTION_STATUSES: Final = [
    (status, status)
    for status in (
        "Waiting", "Running", "Succeeded", "Failed", "Skipped", "TimedOut", "Cancelled", "Suspended",
        "Aborted", "Ignored",
    )
]  # fmt: skip
RUN_STATUSES: Final = [
    (status, status)
    for status in ("Waiting", "Running", "Succeeded", "Failed", "TimedOut", "Cancelled", "Suspended")
]
WORKFLOW_STATES: Final = [("on", "On"), ("off", "Off"), ("draft", "Draft only")]
SEVERITIES: Final = [("error", "Error"), ("warning", "Warning"), ("info", "Info")]
CONNECTION_STATES: Final = [("untested", "Not tested"), ("ok", "Working"), ("failing", "Failing")]
SPLICE_OPS: Final = [(op, op) for op in ("set", "insert", "remove", "rename", "move")]
RUNNABLE_VERSIONS: Final = [("draft", "Draft"), ("published", "Published")]
OPERATION_KINDS: Final = [("trigger", "Trigger"), ("action", "Action"), ("control", "Control")]


class Problem(serializers.Serializer[Any]):
    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
    requestId = serializers.CharField()
    fieldErrors = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()), required=False
    )


class DefinitionProblem(serializers.Serializer[Any]):
    """One finding of the validator. `pointer` is a JSON pointer into the draft text as a whole."""

    severity = serializers.ChoiceField(choices=SEVERITIES)
    code = serializers.CharField()
    pointer = serializers.CharField(allow_blank=True)
    message = serializers.CharField()
    action = serializers.CharField(allow_null=True)
    range = serializers.ListField(
        child=serializers.IntegerField(),
        min_length=2,
        max_length=2,
        allow_null=True,
        help_text="Start and end inside the string at the pointer, in UTF-16 units.",
    )


class RunError(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()


def page_of(item: type[serializers.Serializer[Any]]) -> type[serializers.Serializer[Any]]:
    """{items, nextCursor}: every list is read to the end by following the cursor until it is null."""
    return type(
        f"{item.__name__}Page",
        (serializers.Serializer,),
        {
            "items": item(many=True),
            "nextCursor": serializers.CharField(allow_null=True),
            "__module__": item.__module__,
        },
    )
