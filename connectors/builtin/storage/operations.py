"""Files of the tenant: list, read, write, append, delete."""

from __future__ import annotations

import mimetypes
from datetime import UTC, datetime

from connectors.builtin.storage.folder import Entry, Folder, clean
from connectors.sdk import (
    BRANCHES_LIMIT,
    Browse,
    ConnectorError,
    Content,
    Context,
    Field,
    Form,
    Json,
    Polled,
    action,
    branches,
    choices,
    trigger,
)

FILE_LIMIT = 104_857_600
LIST_LIMIT = 5_000
TEST_FILE = ".millrace-test"


class StorageFolder(Form):
    """A folder of the tenant's files."""

    folder: str = Field(
        "", title="Folder", important=True, description="Empty means all files of the tenant."
    )
    read_only: bool = Field(False, title="Only read")


class FilePath(Form):
    """Which file."""

    path: str = Field(
        title="Path", important=True, values="listPaths", tree="listEntries", example="orders/4711.json"
    )


class ListFiles(Form):
    """Which folder."""

    path: str = Field(
        "", title="Folder", important=True, values="listFolders", tree="listEntries", picks=("parent",)
    )
    recursive: bool = Field(False, title="Also in folders below")
    maximum: int = Field(1_000, title="At most", minimum=1, maximum=LIST_LIMIT, advanced=True)


class WriteFile(FilePath):
    """What to write where."""

    content: Content = Field(title="Content", important=True, editor="multiline")
    overwrite: bool = Field(True, title="Replace a file of this name")


class AppendToFile(FilePath):
    """What to add where."""

    content: Content = Field(title="Content", important=True, editor="multiline")
    new_line: bool = Field(
        True, title="End with a line break", description="So that each call adds one line."
    )


class FileInfo(Form):
    """A file or folder."""

    path: str = Field(title="Path")
    name: str = Field(title="Name")
    size: int = Field(title="Size in bytes")
    modified: str = Field(title="Time of last change")
    is_folder: bool = Field(title="Is a folder")


class FileList(Form):
    """The content of a folder, by name."""

    files: list[FileInfo] = Field(title="Files")


class FileContent(Form):
    """A file with its content."""

    path: str = Field(title="Path")
    name: str = Field(title="Name")
    size: int = Field(title="Size in bytes")
    content_type: str = Field(title="Content type")
    content: Content = Field(title="Content")


class Presence(Form):
    """Whether a file is there."""

    path: str = Field(title="Path")
    exists: bool = Field(title="Exists")


class Deletion(Form):
    """What was deleted."""

    path: str = Field(title="Path")
    deleted: bool = Field(title="There was such a file")


class WatchedFolder(Form):
    """Which folder is watched."""

    path: str = Field(
        "", title="Folder", important=True, values="listFolders", tree="listEntries", picks=("parent",)
    )
    recursive: bool = Field(False, title="Also in folders below")


class FileChange(FileInfo):
    """A file that is new or has another content than before."""

    change: str = Field(title="What happened", description="added or changed")


def open_folder(context: Context[StorageFolder]) -> Folder:
    """The connection's folder inside the tenant's."""
    place = clean(context.connection.folder)
    # A connection's folder must not be a link that leads out of the tenant's files either.
    Folder(context.folder).inside(place)
    return Folder(
        context.folder / place if place else context.folder,
        read_only=context.connection.read_only,
        whole=context.folder,
        quota=context.quota,
    )


@action(
    "List files",
    inputs=ListFiles,
    outputs=FileList,
    effect="read",
    category="Files",
    keywords=("folder", "directory", "files", "browse"),
)
def list_files(context: Context[StorageFolder], request: ListFiles) -> FileList:
    """Gives the files and folders in a folder, with size and time of the last change."""
    found = open_folder(context).entries(request.path, recursive=request.recursive, limit=request.maximum)
    return FileList(files=[_info(entry) for entry in found])


@action(
    "Read a file",
    inputs=FilePath,
    outputs=FileContent,
    effect="read",
    category="Files",
    keywords=("open", "get", "load", "content"),
)
def read_file(context: Context[StorageFolder], request: FilePath) -> FileContent:
    """Gives a file's content: text and JSON as they are, everything else as bytes with their type."""
    data = open_folder(context).read(request.path, FILE_LIMIT)
    path = clean(request.path)
    content = _typed(path, data)
    name = path.rpartition("/")[2]
    return FileContent(
        path=path, name=name, size=len(data), content_type=content.content_type, content=content
    )


@action(
    "Write a file",
    inputs=WriteFile,
    outputs=FileInfo,
    effect="idempotent",
    category="Files",
    keywords=("save", "create", "store", "put", "upload"),
)
def write_file(context: Context[StorageFolder], request: WriteFile) -> FileInfo:
    """Creates or replaces a file. Text and bytes are written as they are, everything else as JSON."""
    _check_size(request.content)
    return _info(open_folder(context).write(request.path, request.content.data, overwrite=request.overwrite))


@action(
    "Append to a file",
    inputs=AppendToFile,
    outputs=FileInfo,
    effect="write",
    category="Files",
    keywords=("log", "add", "line", "csv"),
)
def append_to_file(context: Context[StorageFolder], request: AppendToFile) -> FileInfo:
    """Adds content at the end of a file and creates it where there is none."""
    _check_size(request.content)
    data = request.content.data
    if request.new_line and not data.endswith(b"\n"):
        data += b"\n"
    return _info(open_folder(context).append(request.path, data, FILE_LIMIT))


@action(
    "Delete a file",
    inputs=FilePath,
    outputs=Deletion,
    effect="idempotent",
    category="Files",
    keywords=("remove", "erase"),
)
def delete_file(context: Context[StorageFolder], request: FilePath) -> Deletion:
    """Deletes a file. A file that is not there is no failure; the result says so."""
    return Deletion(path=clean(request.path), deleted=open_folder(context).delete(request.path))


@action(
    "Check whether a file exists",
    inputs=FilePath,
    outputs=Presence,
    effect="read",
    category="Files",
    keywords=("exists", "present", "find"),
)
def file_exists(context: Context[StorageFolder], request: FilePath) -> Presence:
    """Says whether there is a file at a path."""
    return Presence(path=clean(request.path), exists=open_folder(context).exists(request.path))


@choices("Paths of files")
def list_paths(context: Context[StorageFolder], _: object) -> list[tuple[str, str]]:
    """The first files of the folder, for the field that asks for a path."""
    found = open_folder(context).entries("", recursive=True, limit=500)
    return [(entry.path, entry.path) for entry in found if not entry.is_folder]


@choices("Folders")
def list_folders(context: Context[StorageFolder], _: object) -> list[tuple[str, str]]:
    """The folders in the folder, for the field that asks for one."""
    found = open_folder(context).entries("", recursive=True, limit=LIST_LIMIT)
    return [(entry.path, entry.path) for entry in found if entry.is_folder][:500]


@branches("Files and folders")
def list_entries(context: Context[StorageFolder], wanted: Browse) -> list[tuple[str, str, bool]]:
    """What is in a folder, folders first, or whatever below it has such a name."""
    words = wanted.search.casefold().split()
    limit = LIST_LIMIT if words else BRANCHES_LIMIT + 1
    found = open_folder(context).entries(wanted.folder, recursive=bool(words), limit=limit)
    named = [(entry, entry.path.rpartition("/")[2]) for entry in found]
    fitting = [(entry, name) for entry, name in named if all(word in name.casefold() for word in words)]
    fitting.sort(key=lambda one: (not one[0].is_folder, one[1].casefold()))
    return [(entry.path, name, entry.is_folder) for entry, name in fitting]


async def try_folder(context: Context[StorageFolder]) -> str:
    """Looks into the folder and, where it may, writes and deletes a small file."""
    folder = open_folder(context)
    if not folder.read_only:
        try:
            folder.write(TEST_FILE, b"test", overwrite=True)
            folder.delete(TEST_FILE)
        except OSError as error:
            raise ConnectorError(
                f"The folder cannot be written to: {error.strerror}.", code="Forbidden"
            ) from error
    count = len(folder.entries("", recursive=False, limit=LIST_LIMIT))
    return (
        f"The folder can be {'read' if folder.read_only else 'read and written'}; it holds {count} entries."
    )


def _info(entry: Entry) -> FileInfo:
    moment = datetime.fromtimestamp(entry.modified, UTC).isoformat(timespec="milliseconds")
    return FileInfo(
        path=entry.path,
        name=entry.path.rpartition("/")[2],
        size=entry.size,
        modified=moment.replace("+00:00", "Z"),
        is_folder=entry.is_folder,
    )


def _check_size(content: Content) -> None:
    if len(content.data) > FILE_LIMIT:
        raise ConnectorError(f"The content is larger than {FILE_LIMIT:,} bytes.", code="FileTooLarge")


_TEXT = frozenset((".txt", ".csv", ".tsv", ".log", ".md", ".html", ".htm", ".yaml", ".yml", ".ini", ".sql"))


def _typed(path: str, data: bytes) -> Content:
    """The content with the type its name suggests; what is not what the name says stays bytes."""
    ending = "." + path.rpartition(".")[2].lower() if "." in path.rpartition("/")[2] else ""
    kind = "text/plain" if ending in _TEXT else mimetypes.types_map.get(ending, "application/octet-stream")
    if ending in (".csv", ".html", ".htm"):
        kind = mimetypes.types_map.get(ending, "text/plain")
    content = Content(kind, data)
    try:
        if kind.startswith("text/") or kind == "application/json":
            data.decode("utf-8")
        content.value()
    except ValueError:
        return Content("application/octet-stream", data)
    return content


@trigger(
    "When a file is added or changed",
    inputs=WatchedFolder,
    outputs=FileChange,
    category="Files",
    keywords=("watch", "folder", "new", "file", "created", "modified"),
)
def file_added_or_changed(
    context: Context[StorageFolder], request: WatchedFolder, state: Json = None
) -> Polled:
    """Starts a run for each file that is new in a folder or was written again; watches up to 5,000 files.

    The first look only remembers what is there. A file counts as changed when its size or time of change is
    another one.
    """
    before = state if isinstance(state, dict) else None
    seen: dict[str, Json] = {}
    changes: list[Json] = []
    for entry in _watched(context, request):
        mark = f"{entry.size}@{entry.modified:.6f}"
        seen[entry.path] = mark
        if before is not None and before.get(entry.path) != mark:
            what = "changed" if entry.path in before else "added"
            info = _info(entry).dump()
            changes.append({**(info if isinstance(info, dict) else {}), "change": what})
    return Polled(changes, seen)


def _watched(context: Context[StorageFolder], request: WatchedFolder) -> list[Entry]:
    try:
        found = open_folder(context).entries(request.path, recursive=request.recursive, limit=LIST_LIMIT + 1)
    except ConnectorError as error:
        if error.code == "NotFound":
            return []  # the folder comes with its first file
        raise
    files = [entry for entry in found if not entry.is_folder]
    if len(found) > LIST_LIMIT:
        raise ConnectorError(
            f"The folder '{request.path}' has more than {LIST_LIMIT:,} entries; a trigger cannot watch so "
            "many. Watch a folder below it.",
            code="BadRequest",
        )
    return files
