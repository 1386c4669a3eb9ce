"""The maps and schemas of an imported project become files of the tenant, where its actions look for them."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.conf import settings

from connectors.builtin.storage.folder import Folder
from connectors.sdk import ConnectorError
from connectors.services import tenant_folder

LARGEST = 8 * 1024 * 1024  # bytes, as an integration account takes


def keep(tenant_id: UUID, artifacts: Mapping[str, bytes]) -> list[str]:
    """Writes them below `Artifacts`, and says of each in a sentence what became of it.

    A file that is there with other content stays: another workflow may rely on it.
    """
    return [_keep(tenant_id, path, data) for path, data in sorted(artifacts.items())]


def _keep(tenant_id: UUID, name: str, data: bytes) -> str:
    folder = Folder(tenant_folder(tenant_id), quota=settings.FILES_QUOTA)
    path = f"Artifacts/{name}"
    try:
        if folder.exists(path):
            if folder.read(path, LARGEST) == data:
                return f"{path} is in the tenant's files already."
            return (
                f"{path} is in the tenant's files with other content, which stays. If this workflow needs "
                "the imported one, rename it there and in the action."
            )
        folder.write(path, data, overwrite=False)
    except ConnectorError as refused:
        return f"{path} could not be kept: {refused}"
    return f"{path} is now among the tenant's files."
