"""Reading workflows out of everything that carries them.

One JSON file: a bare definition, `{"definition", "kind"}`, a resource, an ARM template. A folder or zip: a
Standard project, a Power Automate package or solution, or any collection of such files. What comes out is a
list of `Imported`, each with a report of what runs here and what does not. Nothing is written, and nothing
outside of the given path is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from runtime.language.document import DocumentError
from runtime.language.importing.projects import nothing_found, of_sources, read_document, surroundings
from runtime.language.importing.report import Finding, Report, managed_connector, report_on
from runtime.language.importing.sources import (
    LIMITS,
    ImportFailure,
    Source,
    SourceLimits,
    is_zip,
    of_file,
    of_folder,
    of_zip,
)
from runtime.language.importing.wrappers import Imported, workflows_in

__all__ = [
    "Finding",
    "ImportFailure",
    "Imported",
    "Report",
    "SourceLimits",
    "managed_connector",
    "read_bytes",
    "read_files",
    "read_path",
    "report_on",
]


def read_path(path: Path, limits: SourceLimits = LIMITS) -> list[Imported]:
    """The workflows of a file or folder. ImportFailure and DocumentError say what is wrong."""
    if not path.is_dir():
        return read_bytes(path.name, of_file(path, limits), limits, _beside(path, limits))
    found = of_sources(of_folder(path, limits), limits)
    if not found:
        raise nothing_found(str(path))
    return found


def read_bytes(
    filename: str,
    data: bytes,
    limits: SourceLimits = LIMITS,
    beside: Mapping[str, Source] | None = None,
) -> list[Imported]:
    """The workflows of one uploaded file; `beside` are the other files of its project by path in lower
    case.
    """
    if is_zip(data):
        found = of_sources(of_zip(filename, data, limits), limits)
    else:
        if len(data) > limits.file:
            raise ImportFailure("ImportTooLarge", f"{filename} has more than {limits.file:,} bytes.")
        source = Source(next(iter(beside.values())).path if beside else filename, data)
        found = workflows_in(read_document(data), surroundings(source, dict(beside or {})))
    if not found:
        raise nothing_found(filename)
    return found


def read_files(files: Mapping[str, bytes], limits: SourceLimits = LIMITS) -> list[Imported]:
    """The workflows of several uploaded files, by relative path: a project folder dropped on the page."""
    if sum(map(len, files.values())) > limits.total or len(files) > limits.files:
        raise ImportFailure("ImportTooLarge", "The files are too many or too large to be imported at once.")
    found = of_sources([Source(path, data) for path, data in sorted(files.items())], limits)
    if not found:
        raise nothing_found("This folder")
    return found


def _beside(path: Path, limits: SourceLimits) -> dict[str, Source] | None:
    """A workflow.json given by its own path still belongs to its project."""
    if path.name.lower() != "workflow.json":
        return None
    project = path.absolute().parent.parent
    own = f"{path.absolute().parent.name}/{path.name}"
    files = {own.lower(): Source(own, b"")}
    for name in ("connections.json", "parameters.json", "local.settings.json"):
        companion = project / name
        if companion.is_file() and companion.stat().st_size <= limits.file:
            files[name] = Source(name, companion.read_bytes())
    return files


def failure_of(wrong: ImportFailure | DocumentError) -> tuple[str, str]:
    """Code and sentence of what stopped an import."""
    return wrong.code, str(wrong)
