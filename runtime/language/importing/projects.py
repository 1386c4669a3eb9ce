"""Folders and archives: Standard projects, Power Automate packages, solutions, and heaps of single files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from runtime.language.document import Document, DocumentError, decode, parse
from runtime.language.importing.sources import LIMITS, ImportFailure, Source, SourceLimits, is_zip, of_zip
from runtime.language.importing.wrappers import Imported, Surroundings, looks_like_template, workflows_in
from runtime.language.values import Json

COMPANIONS: Final = frozenset(
    {
        "connections.json",
        "parameters.json",
        "host.json",
        "local.settings.json",
        "apismap.json",
        "connectionsmap.json",
    }
)
_FLOW: Final = re.compile(r"(?:^|/)Microsoft\.Flow/flows/[^/]+/definition\.json$", re.IGNORECASE)
_SOLUTION: Final = re.compile(r"(?:^|/)Workflows/[^/]+\.json$", re.IGNORECASE)
_ARTIFACT: Final = re.compile(r"(?:^|/)Artifacts/(?:Maps|Schemas|Rules)/", re.IGNORECASE)
_IDENTIFIER: Final = re.compile(r"-[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$", re.IGNORECASE)


def of_sources(sources: Sequence[Source], limits: SourceLimits = LIMITS, depth: int = 0) -> list[Imported]:
    """Every workflow among some files. Files that are none are passed over; broken ones leave a failure in
    the notes of none.

    Archives inside are opened once.
    """
    by_path = {source.path.lower(): source for source in sources}
    found: list[Imported] = []
    left = limits.total - sum(len(source.data) for source in sources)  # for all archives inside together
    for source in sources:
        name = source.name.lower()
        if name.endswith(".zip"):
            if depth == 0 and is_zip(source.data):
                unpacked = of_zip(source.path, source.data, replace(limits, total=max(left, 0)))
                left -= sum(len(inner.data) for inner in unpacked)
                found.extend(of_sources(unpacked, limits, depth + 1))
        elif name.endswith(".json") and name not in COMPANIONS and not _ARTIFACT.search(source.path):
            found.extend(_of_source(source, by_path))
    return found


def _of_source(source: Source, by_path: dict[str, Source]) -> list[Imported]:
    try:
        document = read_document(source.data)
    except DocumentError:
        if (
            source.name.lower() == "workflow.json"
            or _FLOW.search(source.path)
            or _SOLUTION.search(source.path)
        ):
            raise
        return []  # some other file of the folder
    return workflows_in(document, surroundings(source, by_path))


def surroundings(source: Source, by_path: dict[str, Source]) -> Surroundings:
    """The name and companions of a file, by where it lies."""
    if source.name.lower() == "workflow.json":
        return _of_project(source, by_path)
    if _FLOW.search(source.path):
        return Surroundings(source.folder.rsplit("/", 1)[-1], source.path, "PowerAutomate")
    if _SOLUTION.search(source.path):
        return Surroundings(_IDENTIFIER.sub("", source.stem), source.path, "PowerAutomate")
    return Surroundings(source.stem, source.path, values=_values_beside(source, by_path))


def _values_beside(source: Source, by_path: dict[str, Source]) -> Document | None:
    """The parameters file of a template: `azuredeploy.parameters.json` beside `azuredeploy.json`."""
    beside = by_path.get(f"{source.path[: -len('.json')]}.parameters.json".lower())
    try:
        return read_document(beside.data) if beside is not None else None
    except DocumentError:
        return None


def read_document(data: bytes) -> Document:
    """The document of a file. Templates may break lines inside strings, as deployments let them."""
    text = decode(data)
    try:
        return parse(text)
    except DocumentError:
        try:
            document = parse(_STRING.sub(lambda match: _RAW.sub(_escaped, match[0]), text))
        except DocumentError:
            document = None
        if document is None or not looks_like_template(document.root):
            raise
        return document


_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_RAW: Final = re.compile(r"[\x00-\x1f]")


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


def _of_project(source: Source, by_path: dict[str, Source]) -> Surroundings:
    """`<project>/<workflow>/workflow.json` with the project's files beside the workflow's folder (reference
    1.1).
    """
    folder = source.folder
    project, _, name = folder.rpartition("/")
    prefix = f"{project}/" if project else ""
    notes: list[str] = []
    parameters = _companion(f"{prefix}parameters.json", by_path, notes)
    values = {n: item.get("value") for n, item in parameters.items() if isinstance(item, dict)}
    settings = _companion(f"{prefix}local.settings.json", by_path, notes).get("Values")
    if isinstance(settings, dict) and settings:
        listed = ", ".join(sorted(settings)[:20])
        notes.append(f"local.settings.json holds app settings that are not imported: {listed}.")
    return Surroundings(
        name if name not in ("", ".") else source.stem,
        source.path,
        "",
        values,
        _companion(f"{prefix}connections.json", by_path, notes),
        tuple(notes),
        _artifacts(prefix, by_path),
    )


def _artifacts(prefix: str, by_path: dict[str, Source]) -> dict[str, bytes]:
    """The maps and schemas of a project: the files of its folder Artifacts."""
    folder = f"{prefix}artifacts/".lower()
    found = [source for path, source in sorted(by_path.items()) if path.startswith(folder)]
    return {source.path[len(folder) :]: source.data for source in found}


def _companion(path: str, by_path: dict[str, Source], notes: list[str]) -> dict[str, Json]:
    source = by_path.get(path.lower())
    if source is None:
        return {}
    try:
        value = parse(decode(source.data)).plain()
    except DocumentError as wrong:
        notes.append(f"{path} could not be read and is left out: {wrong}")
        return {}
    return value if isinstance(value, dict) else {}


def nothing_found(name: str) -> ImportFailure:
    reason = (
        f"{name} holds no workflow. Expected is a definition, a workflow.json, an ARM template with "
        "Microsoft.Logic/workflows, a Standard project folder or a Power Automate package."
    )
    return ImportFailure("ImportNothingFound", reason)
