"""A database of the first release with runs that wait: brought forward, they finish. A newer one is
refused.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from runtime import services
from runtime.models import Run
from runtime.store import schema
from tests.runtime import worlds
from tests.runtime.servers import ROOT, manage
from tests.runtime.stores import migrated, postgresql_database
from tests.runtime.worlds import arrival, chain, compose, definition, http, make_version, wait

BIG = "x" * 20_000


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def own_database(request: Any, tmp_path: Path, django_db_blocker: Any) -> Iterator[str]:
    with django_db_blocker.unblock():
        if request.param == "sqlite":
            url = f"sqlite:///{tmp_path}/old.sqlite3"
            with migrated(url, tmp_path):
                yield url
        else:
            with postgresql_database() as url, migrated(url, tmp_path):
                yield url


def columns(table: str) -> set[str]:
    with connection.cursor() as cursor:
        return {column.name for column in connection.introspection.get_table_description(cursor, table)}


async def test_runs_of_the_first_release_finish_after_the_upgrade(own_database: str) -> None:
    pausing = chain(("Call", http("http://x.example", body="@triggerBody()")), ("Pause", wait(2)),
                    ("Length", compose("@length(triggerBody())")), ("Then", http("http://y.example", body="@outputs('Length')")))  # fmt: skip
    version = await worlds.read(lambda: make_version(definition(pausing)))
    first = worlds.Recorder()
    async with worlds.process(executor=first):
        waiting = await services.receive(arrival(version, BIG))
        while not await worlds.read(Run.objects.filter(pk=waiting.run_id, owner=None).exists):
            await asyncio.sleep(0.02)
    # Accepted, and nobody has begun it.
    accepted = await worlds.read(lambda: services.start_run(arrival(version, "short")))
    assert len(first.calls) == 1

    await worlds.read(lambda: call_command("migrate", "runtime", "0001", verbosity=0))
    assert "place" not in await worlds.read(lambda: columns("runtime_payload"))
    await worlds.read(lambda: call_command("migrate", verbosity=0))

    second = worlds.Recorder()
    async with worlds.process(executor=second):
        for run_id in (waiting.run_id, accepted):
            run = await worlds.ended(run_id)
            assert run.status == "Succeeded", run.error
    # What was done before the upgrade is not done again, and the value kept apart then is read now.
    assert sorted(call.inputs["uri"] for call in second.calls) == [
        "http://x.example",
        "http://y.example",
        "http://y.example",
    ]
    assert {call.inputs.get("body") for call in second.calls if "y.example" in call.inputs["uri"]} == {
        len(BIG),
        5,
    }


def test_a_newer_database_is_refused_with_a_sentence(
    own_database: str, tmp_path: Path, settings: Any
) -> None:
    settings.DATA = tmp_path
    MigrationRecorder(connection).record_applied("runtime", "0999_of_tomorrow")
    with pytest.raises(
        CommandError, match=r"made by a newer release of Millrace \(it has runtime.0999_of_tomorrow\)"
    ):
        call_command("runs")
    with pytest.raises(schema.NewerDatabase):
        schema.refuse_newer()
    MigrationRecorder(connection).record_unapplied("runtime", "0999_of_tomorrow")
    schema.refuse_newer()


@pytest.mark.parametrize("command", ["up", "scheduler"])
def test_every_process_refuses_it(command: str, tmp_path: Path, django_db_blocker: Any) -> None:
    url = f"sqlite:///{tmp_path}/millrace.sqlite3"
    with django_db_blocker.unblock(), migrated(url, tmp_path):
        MigrationRecorder(connection).record_applied("workflows", "0999_of_tomorrow")
    environment = {**os.environ, "MILLRACE_DATA": str(tmp_path), "DATABASE_URL": url, "MILLRACE_PORT": "0"}
    done = subprocess.run(
        manage(command), cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode != 0
    assert "workflows.0999_of_tomorrow" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["up", "scheduler"])
def test_a_payload_store_that_is_none_is_refused_with_a_sentence(command: str, tmp_path: Path) -> None:
    environment = {
        **os.environ, "MILLRACE_DATA": str(tmp_path), "DATABASE_URL": "", "MILLRACE_PORT": "0", "MILLRACE_PAYLOADS": "nowhere",
    }  # fmt: skip
    done = subprocess.run(
        manage(command), cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode != 0
    assert "MILLRACE_PAYLOADS=nowhere is no payload store" in done.stderr
    assert "Traceback" not in done.stderr
