"""The cluster that docker-compose.yml describes is the one that tests/runtime starts by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parents[2]
PROCESSES = {
    "migrate": ["migrate", "--noinput"],
    "web": ["web", "--host", "0.0.0.0", "--port", "8000"],
    "worker": ["worker"],
    "scheduler": ["scheduler"],
}
VARIABLES = {
    "DATABASE_URL",
    "BROKER_URL",
    "REDIS_URL",
    "MILLRACE_SECRET_KEY",
    "MILLRACE_PUBLIC_URL",
    "MILLRACE_DATA",
}


def compose() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
    return document


def test_every_process_has_its_service_and_its_command() -> None:
    services = compose()["services"]
    assert {name: services[name]["command"] for name in PROCESSES} == PROCESSES
    assert set(services) == {*PROCESSES, "postgres", "redis"}


def test_every_command_exists() -> None:
    assert {command[0] for command in PROCESSES.values()} <= set(get_commands())


def test_every_process_gets_the_same_variables() -> None:
    services = compose()["services"]
    for name in PROCESSES:
        assert set(services[name]["environment"]) == VARIABLES


def test_the_port_that_is_published_is_the_one_the_web_process_opens() -> None:
    web = compose()["services"]["web"]
    assert web["ports"] == [f"127.0.0.1:8000:{web['command'][-1]}"]


def test_the_key_must_be_given() -> None:
    assert compose()["services"]["web"]["environment"]["MILLRACE_SECRET_KEY"].startswith(
        "${MILLRACE_SECRET_KEY:?"
    )


def test_the_image_builds_the_canvas_and_starts_millrace() -> None:
    lines = (ROOT / "Dockerfile").read_text("utf-8").splitlines()
    assert 'ENTRYPOINT ["millrace"]' in lines
    assert any("npm run build" in line for line in lines)
    copied = {line.split()[1] for line in lines if line.startswith("COPY ") and "--from" not in line}
    assert {"designer", "runtime", "connectors", "static", "frontend"} <= copied
    for name in copied - {"pyproject.toml"}:
        assert (ROOT / name).exists(), f"the Dockerfile copies {name}, which is not there"
