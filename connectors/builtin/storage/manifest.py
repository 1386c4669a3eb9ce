"""Storage: the tenant's own files, in the installation's data folder."""

from __future__ import annotations

from pathlib import Path

from connectors.builtin.storage.operations import (
    StorageFolder,
    append_to_file,
    delete_file,
    file_added_or_changed,
    file_exists,
    list_entries,
    list_files,
    list_folders,
    list_paths,
    read_file,
    try_folder,
    write_file,
)
from connectors.sdk import Connector

connector = Connector(
    id="storage",
    title="Storage",
    description="Keep files in this installation: read, write and list them.",
    color="#4b7a3a",
    icon=Path(__file__).with_name("icon.svg"),
    connection=StorageFolder,
    test=try_folder,
    operations=(
        file_added_or_changed,
        list_files,
        read_file,
        write_file,
        append_to_file,
        delete_file,
        file_exists,
        list_paths,
        list_folders,
        list_entries,
    ),
    keywords=("file", "folder", "disk", "save"),
)
