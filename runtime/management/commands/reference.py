"""`millrace reference`: what of the workflow definition language runs here, from the code, as Markdown."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from connectors import registry
from runtime import catalog
from runtime.catalog.triggers import TRIGGERS
from runtime.engine.actions import OPERATIONS, behaviour_of
from runtime.engine.actions.contract import Outside, Unsupported
from runtime.language.definition import ACTION_TYPES, TRIGGER_TYPES
from runtime.language.expressions.functions.registry import every_function
from runtime.targets import MAPPED, NATIVE, is_executed
from runtime.triggers.arming import POLLED

START = "<!-- millrace reference -->"
END = "<!-- end of millrace reference -->"
RUNS, PARTLY, KEPT = "runs", "runs in part", "imports only"
ROOT = Path(__file__).parents[3]

Row = tuple[str, str, str]
"""Name, state, why or how."""

# Why nothing here runs a type. A type that no code runs and that has no reason here fails the test.
_B2B = "needs trading partners' certificates and agreements"
_NOT_ACTIONS = {
    "As2Encode": _B2B,
    "As2Decode": _B2B,
    "RosettaNetEncode": _B2B,
    "RosettaNetDecode": _B2B,
    "SwiftMTEncode": "needs licensed message definitions",
    "SwiftMTDecode": "needs licensed message definitions",
    "RuleExecute": "needs .NET's rules engine",
    "CSharpScriptCode": "needs .NET; JavaScriptCode runs",
    "PowerShellCode": "needs PowerShell; JavaScriptCode runs",
    "InvokeFunction": "calls .NET code of the same host; Function runs",
    "ParseDocument": "needs a document service",
    "ChunkText": "needs the model's tokenizer",
    "Agent": "needs a model service",
    "AgentHandOff": "needs a model service",
    "McpClientTool": "needs a model service",
}
_MANAGED_WEBHOOK = "a managed connector's service calls back; HttpWebhook runs"
_NOT_ACTIONS |= {
    name: _MANAGED_WEBHOOK
    for name in ACTION_TYPES
    if "ApiConnection" in name and name.endswith(("Webhook", "Notification"))
}
_MANAGED_TRIGGER = "a managed connector's service is asked or calls; triggers of installed connectors run"
_NOT_TRIGGERS = {name: _MANAGED_TRIGGER for name in TRIGGER_TYPES if "ApiConnection" in name} | {
    "Agent": "needs a model service",
}
_ONLY_NAMED = ("RosettaNetEncode", "RosettaNetDecode", "SwiftMTEncode", "SwiftMTDecode")

# Settings by the word that the code has to read for them to work: (as written, word, remark).
_SETTINGS = (
    ("runAfter (all statuses)", "runAfter", ""),
    ("limit.timeout", "timeout", ""),
    ("limit.count (Until)", "count", ""),
    ("inputs.retryPolicy", "retryPolicy", "none, fixed, exponential, default"),
    ("inputs.authentication", "authentication",
     "Basic, ClientCertificate, ActiveDirectoryOAuth, Raw; managed identities are refused"),
    ("trackedProperties", "trackedProperties", ""),
    ("conditions (triggers)", "conditions", ""),
    ("splitOn (triggers)", "splitOn", ""),
    ("correlation.clientTrackingId", "correlation", ""),
    ("recurrence", "recurrence", "schedules and time zones"),
    ("runtimeConfiguration.concurrency.runs", "runs", ""),
    ("runtimeConfiguration.concurrency.maximumWaitingRuns", "maximumWaitingRuns", ""),
    ("runtimeConfiguration.concurrency.repetitions", "repetitions", ""),
    ("runtimeConfiguration.paginationPolicy.minimumItemCount", "minimumItemCount", "HTTP"),
    ("runtimeConfiguration.contentTransfer", "contentTransfer", "HTTP, up to 100 MB"),
    ("runtimeConfiguration.secureData.properties", "secureData", ""),
    ("runtimeConfiguration.staticResult", "staticResult", ""),
    ("runtimeConfiguration.requestOptions.timeout", "requestOptions", ""),
    ("metadata.millrace.catchUp", "catchUp", "Recurrence: skip, once, all; other engines ignore it"),
    ("metadata.millrace.deduplicate", "deduplicate", "Request, HttpWebhook, Http; other engines ignore it"),
    ("operationOptions: DisableAsyncPattern", "disableasyncpattern", ""),
    ("operationOptions: DisableAutomaticDecompression", "disableautomaticdecompression", ""),
    ("operationOptions: IncludeAuthorizationHeadersInOutputs", "includeauthorizationheadersinoutputs", ""),
    ("operationOptions: EnableSchemaValidation", "enableschemavalidation", ""),
    ("operationOptions: SingleInstance", "singleinstance", ""),
    ("operationOptions: Sequential", "sequential", ""),
    ("operationOptions: Asynchronous", "asynchronous", ""),
    ("operationOptions: FailWhenLimitsReached", "failwhenlimitsreached", ""),
    ("operationOptions: SuppressWorkflowHeaders", "suppressworkflowheaders", ""),
    ("operationOptions: SuppressWorkflowHeadersOnResponse", "suppressworkflowheadersonresponse", ""),
    ("operationOptions: OptimizedForHighThroughput", "optimizedforhighthroughput", "has no effect here"),
)  # fmt: skip
# Where settings take effect; naming one in a check, a form or here does not count.
_READERS = ("runtime/engine", "runtime/host", "runtime/triggers", "runtime/language/definition.py",
            "runtime/executor.py", "connectors/builtin/http", "designer/api/callbacks.py")  # fmt: skip


class Command(BaseCommand):
    help = "Print what of the workflow definition language runs here, as Markdown."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--write", metavar="FILE", help="replace the part between the marks of this file")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["write"]:
            print(document())
            return
        path = Path(options["write"])
        text = path.read_text(encoding="utf-8")
        if START not in text or END not in text:
            raise CommandError(f"'{path}' has no part between '{START}' and '{END}'.")
        head, rest = text.split(START, 1)
        path.write_text(f"{head}{START}\n{document()}\n{END}{rest.split(END, 1)[1]}", encoding="utf-8")


def document() -> str:
    """The tables, each under a heading, without a line break at the end."""
    parts = (
        ("Actions", "Type", action_rows()),
        ("Triggers", "Type", trigger_rows()),
        ("Settings", "Setting", setting_rows()),
        ("Functions", "Function", function_rows()),
    )
    return "\n\n".join(f"### {title}\n\n{_table(first, list(rows))}" for title, first, rows in parts)


def _table(first: str, rows: list[Row]) -> str:
    lines = [f"| {first} | State | Remark |", "|---|---|---|"]
    lines += [f"| `{name}` | {state} | {remark.replace('|', '&#124;')} |" for name, state, remark in rows]
    return "\n".join(lines)


def action_rows() -> Iterator[Row]:
    """Every action type, by name; kinds of Liquid and others are in the remark."""
    for name in sorted((*ACTION_TYPES, *_ONLY_NAMED), key=str.lower):
        behaviour = behaviour_of(name)
        is_outside = isinstance(behaviour, type) and issubclass(behaviour, Outside)
        if behaviour is Unsupported or (is_outside and not is_executed(name)):
            yield name, KEPT, _NOT_ACTIONS.get(name, "")
        elif name in ("ApiConnection", "OpenApiConnection"):
            apis = ", ".join(sorted({api for mapped in MAPPED for api in mapped.api}))
            yield name, PARTLY, f"operations with a counterpart here, of {apis}; the others import only"
        elif name == "ServiceProvider":
            yield name, RUNS, f"operations of installed connectors: {', '.join(sorted(registry.installed()))}"
        else:
            yield name, RUNS, _about_action(name)


def _about_action(name: str) -> str:
    natives = [native for native in NATIVE if native.type == name]
    kinds = ", ".join(native.kind for native in natives if native.kind)
    if name == "Xslt":
        return "XSLT 1.0 without scripts; maps from Artifacts/Maps"
    if natives and natives[0].artifact:
        artifact = natives[0].artifact
        return f"{kinds + '; ' if kinds else ''}{artifact}s from Artifacts/{artifact.capitalize()}s"
    if name in ("Function", "ApiManagement"):
        return "as HTTP, at the address that follows from the resource id"
    kept = dict.fromkeys(one.kind for one in OPERATIONS if one.type == name and one.kind)
    return ", ".join(kept) if len(kept) > 1 else ""


def trigger_rows() -> Iterator[Row]:
    fired = {operation.type for operation in TRIGGERS}
    for name in sorted(TRIGGER_TYPES, key=str.lower):
        if name in fired:
            yield name, RUNS, ""
        elif name == "ServiceProvider":
            known = [
                f"{connector.id}/{one.id}"
                for connector in registry.installed().values()
                for one in connector.operations
                if one.kind == "trigger"
            ]
            yield name, RUNS if known else KEPT, ", ".join(known)
        elif name in POLLED and name not in _NOT_TRIGGERS and is_executed(name):
            yield name, RUNS, "the action's call, on its recurrence"
        else:
            yield name, KEPT, _NOT_TRIGGERS.get(name, "")


def setting_rows() -> Iterator[Row]:
    """A setting runs when a module that acts on settings reads its name."""
    for name, word, remark in _SETTINGS:
        yield name, RUNS if word in _words_read() else KEPT, remark


@cache
def _words_read() -> frozenset[str]:
    found: set[str] = set()
    for place in _READERS:
        path = ROOT / place
        for source in [path] if path.is_file() else path.rglob("*.py"):
            if "tests" not in source.parts:
                text = source.read_text(encoding="utf-8")
                found |= {word for _, word, _ in _SETTINGS if f'"{word}"' in text}
    return frozenset(found)


_PLACES = {
    "ITEM": "inside loops, Select, Query, Table",
    "ACTION": "about the action itself",
    "CALLBACK": "in the subscription of webhooks",
    "TRIGGERS": "in trigger conditions",
    "SETTINGS": "in parameter values",
}


def function_rows() -> Iterator[Row]:
    catalog.functions()  # brings every family in
    for function in sorted(every_function(), key=lambda one: one.name.lower()):
        if function.place == "AGENT":
            yield function.name, KEPT, "only agents' tools have it"
            continue
        place = f"; {_PLACES[function.place]}" if function.place else ""
        yield function.name, RUNS, f"{function.category}{place}"
