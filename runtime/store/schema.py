"""Whether the database is one that this release understands."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader


class NewerDatabase(Exception):
    """The database was made by a newer release; the message says so and what to do."""


def newer_migrations() -> list[str]:
    """Migrations of our applications that the database has had and this release does not know."""
    loader = MigrationLoader(connection)
    known = set(loader.disk_migrations)
    for migration in loader.disk_migrations.values():
        known |= {(app, name) for app, name in migration.replaces}
    ours = {app for app, _ in loader.disk_migrations}
    return sorted(
        f"{app}.{name}" for app, name in loader.applied_migrations if app in ours and (app, name) not in known
    )


def refuse_newer() -> None:
    """Raises NewerDatabase. A database that does not answer is somebody else's business."""
    try:
        newer = newer_migrations()
    except DatabaseError:
        return
    if newer:
        raise NewerDatabase(
            f"The database was made by a newer release of Millrace (it has {', '.join(newer)}), so this one "
            "leaves it alone. Install that release again, or restore a backup from before the update."
        )
