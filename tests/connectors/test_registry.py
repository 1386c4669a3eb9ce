"""The contract that every connector of the registry keeps, built in or installed."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import jsonschema
import pytest
from lxml import etree

from connectors import registry
from connectors.sdk import Connector, Field, Form, action

CONNECTORS = list(registry.installed().values())
OPERATIONS = [(connector, operation) for connector in CONNECTORS for operation in connector.operations]
BUILTIN = Path(registry.connectors.builtin.__file__).parent

every_connector = pytest.mark.parametrize("connector", CONNECTORS, ids=lambda one: one.id)
every_operation = pytest.mark.parametrize(
    "connector,operation",
    OPERATIONS,
    ids=[f"{connector.id}.{operation.id}" for connector, operation in OPERATIONS],
)
# Hints of the designer that a schema may carry; a misspelt one would silently do nothing.
HINTS = {"x-ms-visibility", "x-ms-editor", "x-ms-editor-options", "x-ms-dynamic-values", "x-ms-dynamic-tree"}
EDITORS = {
    None, "text", "multiline", "dictionary", "array", "combobox", "code", "html", "json", "authentication",
    "dropdown", "table", "schema", "recurrence", "copyable",
}  # fmt: skip


def test_the_built_in_connectors_are_found():
    assert {"http", "email", "storage"} <= {connector.id for connector in CONNECTORS}


@every_connector
def test_the_manifest_is_sound(connector):
    assert connector.faults() == []


@every_connector
def test_the_icon_is_a_small_svg_in_the_current_colour(connector):
    root = etree.fromstring(connector.icon_text().encode())
    assert root.tag.endswith("svg")
    assert root.get("viewBox") == "0 0 24 24"
    assert "currentColor" in connector.icon_text()
    assert len(connector.icon_text()) < 4_000


@every_connector
def test_the_connection_form_is_a_schema_and_hides_its_secrets(connector):
    if connector.connection is None:
        return
    check_schema(connector.connection.schema())
    for name, member in connector.connection.schema()["properties"].items():
        if any(word in name.lower() for word in ("password", "secret", "token", "key")):
            assert member.get("writeOnly"), f"{name} must be a Secret"


@every_operation
def test_the_forms_are_schemas_with_titles(connector, operation):
    check_schema(operation.inputs.schema())
    check_schema(operation.outputs_schema())
    assert operation.title[0].isupper()
    assert operation.kind == "values" or operation.outputs is not None, "the token list needs an outputs form"


def check_schema(schema):
    jsonschema.Draft202012Validator.check_schema(schema)
    for member in schema.get("properties", {}).values():
        assert member.get("title")
        assert {name for name in member if name.startswith("x-")} <= HINTS
        assert member.get("x-ms-editor") in EDITORS
        assert member.get("x-ms-visibility") in (None, "important", "advanced", "internal")


@every_operation
def test_a_required_member_is_missed_with_a_sentence(connector, operation):
    required = operation.inputs.schema().get("required", [])
    faults = operation.inputs.faults({})
    assert [fault.pointer for fault in faults] == [f"/{name}" for name in required]
    assert all(fault.message.endswith(".") for fault in faults)


@pytest.mark.parametrize("folder", [path for path in BUILTIN.iterdir() if (path / "manifest.py").exists()])
def test_the_folder_has_its_parts(folder):
    for part in ("manifest.py", "operations.py", "icon.svg", "tests"):
        assert (folder / part).exists(), f"{folder.name} lacks {part}"
    assert list((folder / "tests").glob("test_*.py")), f"{folder.name} has no tests"


def modules_imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: write imports in full"
            yield node.module or ""


@pytest.mark.parametrize("path", [p for p in BUILTIN.rglob("*.py") if "tests" not in p.parts], ids=str)
def test_a_connector_knows_only_the_sdk_and_third_parties(path):
    own = f"connectors.builtin.{path.relative_to(BUILTIN).parts[0]}"
    for module in modules_imported(path):
        top = module.partition(".")[0]
        inside = module.startswith(("connectors.sdk", own))
        assert inside or top not in ("connectors", "runtime", "designer", "django"), (
            f"{path} imports {module}"
        )
        assert top not in ("socket", "urllib3", "requests", "subprocess") or path.parts[-2] == "javascript"


SDK = Path(registry.__file__).parent / "sdk"


@pytest.mark.parametrize("path", list(SDK.glob("*.py")), ids=lambda path: path.name)
def test_the_sdk_is_pure(path):
    for module in modules_imported(path):
        top = module.partition(".")[0]
        assert module.startswith("connectors.sdk") or top in sys.stdlib_module_names, (
            f"{path} imports {module}"
        )


class Inputs(Form):
    """Inputs."""

    text: str = Field(title="Text", values="nowhere")


@action("Do", inputs=Inputs, effect="none")
def do_it(context, inputs):
    """Too short."""


def test_a_bad_manifest_is_told_in_sentences(tmp_path):
    (tmp_path / "icon.svg").write_text("<svg onload='x()'/>")
    bad = Connector(
        "Bad Id", "", "no sentence", "red", tmp_path / "icon.svg", (do_it, do_it), connection=Inputs
    )
    text = " ".join(bad.faults())
    for part in (
        "id 'Bad Id'",
        "title",
        "description",
        "#1a2b3c",
        "SVG",
        "same id",
        "needs a test",
        "docstring",
        "no operation 'nowhere'",
    ):
        assert part in text


def test_ids_are_found_in_any_case_and_as_providers():
    assert registry.find("/serviceProviders/EMAIL") is registry.find("email")
    assert registry.find_operation("/serviceproviders/storage", "READFILE")[1].id == "readFile"
    assert registry.find("nobody") is None
    assert registry.find_operation("email", "nothing") is None


def test_an_installed_package_is_found_and_a_broken_one_is_left_out(monkeypatch):
    good = registry.find("email")

    class Entry:
        value = "package:connector"

        def __init__(self, load):
            self.load = load

    other = Connector("other", good.title, good.description, good.color, good.icon, good.operations,
                      good.connection, good.test)  # fmt: skip

    def broken():
        raise ImportError("missing")

    monkeypatch.setattr(
        registry, "entry_points", lambda group: [Entry(broken), Entry(lambda: other), Entry(lambda: good)]
    )
    registry.installed.cache_clear()
    try:
        found = registry.installed()
    finally:
        registry.installed.cache_clear()
    assert found["other"] is other
    assert found["email"].icon == good.icon, "a package cannot replace a built-in connector"
