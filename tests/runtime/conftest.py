from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.runtime.stores import migrated, postgresql_database


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database(request: Any, tmp_path_factory: Any, django_db_blocker: Any) -> Iterator[str]:
    """A migrated database of this module's own, as Django's default connection; yields its URL."""
    folder: Path = tmp_path_factory.mktemp("world")
    with django_db_blocker.unblock():
        if request.param == "sqlite":
            url = f"sqlite:///{folder}/world.sqlite3"
            with migrated(url, folder):
                yield url
        else:
            with postgresql_database() as url, migrated(url, folder):
                yield url
