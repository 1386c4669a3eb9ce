"""Finds connectors: the folders of `connectors/builtin`, then installed packages (entry point group
`millrace.connectors`, each naming a `Connector`). Installing a package means trusting it."""

from __future__ import annotations

import importlib
import importlib.util
import logging
import pkgutil
from functools import cache
from importlib.metadata import entry_points

import connectors.builtin
from connectors.sdk import Connector, Operation

GROUP = "millrace.connectors"
PREFIX = "/serviceproviders/"
log = logging.getLogger(__name__)


@cache
def installed() -> dict[str, Connector]:
    """Every connector by id, built-in ones first. A package that cannot be loaded is logged and left out."""
    found: dict[str, Connector] = {}
    for module in pkgutil.iter_modules(connectors.builtin.__path__):
        name = f"connectors.builtin.{module.name}.manifest"
        if module.ispkg and importlib.util.find_spec(name):  # a folder without one is no connector (yet)
            _add(found, importlib.import_module(name).connector, module.name)
    for entry in entry_points(group=GROUP):
        try:
            _add(found, entry.load(), entry.value)
        except Exception:
            log.exception(
                "The connector package %s could not be loaded; its operations are missing.", entry.value
            )
    return found


def _add(found: dict[str, Connector], connector: Connector, origin: str) -> None:
    if not isinstance(connector, Connector):
        raise TypeError(f"{origin} does not name a Connector.")
    if connector.id.lower() in {known.lower() for known in found}:
        raise ValueError(f"{origin} offers a second connector with the id '{connector.id}'.")
    faults = connector.faults()
    if faults:
        raise ValueError(" ".join(faults))
    found[connector.id] = connector


def find(connector_id: str) -> Connector | None:
    """The connector of this id or of a WDL provider id (`/serviceProviders/<id>`), ignoring case."""
    wanted = connector_id.lower().removeprefix(PREFIX)
    return next((known for known in installed().values() if known.id.lower() == wanted), None)


def find_operation(connector_id: str, operation_id: str) -> tuple[Connector, Operation] | None:
    connector = find(connector_id)
    operation = connector.operation(operation_id) if connector else None
    return (connector, operation) if connector and operation else None
