"""What an import finds in files, folders and archives, and what it refuses."""

from __future__ import annotations

import contextlib
import io
import json
import struct
import zipfile
from pathlib import Path
from typing import Any

import pytest

from runtime.language.document import DocumentError, parse
from runtime.language.importing import ImportFailure, SourceLimits, read_bytes, read_files, read_path

SCHEMA = "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#"
DEFINITION: dict[str, Any] = {
    "$schema": SCHEMA,
    "triggers": {"manual": {"type": "Request", "kind": "Http", "inputs": {}}},
    "actions": {"A": {"type": "Compose", "inputs": "x"}},
}


def data(value: Any) -> bytes:
    return json.dumps(value).encode()


def archive(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in files.items():
            target.writestr(name, content)
    return buffer.getvalue()


def template(definition: Any, **more: Any) -> dict[str, Any]:
    resource = {
        "type": "Microsoft.Logic/workflows",
        "name": "[parameters('name')]",
        "properties": {"definition": definition, "parameters": more.pop("given", {})},
    }
    names = {"name": {"type": "string", "defaultValue": "orders"}}
    return {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "parameters": names | more.pop("parameters", {}),
        "resources": [resource],
        **more,
    }


def inputs_of(text: str) -> Any:
    return parse(text).plain()["definition"]["actions"]["A"]["inputs"]  # type: ignore[index,call-overload]


def test_a_bare_definition_stays_as_it_is() -> None:
    text = '// kept\n{"actions": {"A": {"type": "Compose", "inputs": 1.0}}, "triggers": {},}\n'
    [found] = read_bytes("orders.json", text.encode())
    assert (found.text, found.name, found.kind) == (text, "orders", "Stateful")


def test_a_standard_file_stays_as_it_is() -> None:
    text = '{"definition": {"actions": {"10": {}, "9": {}}}, "kind": "Stateless"}'
    [found] = read_bytes("workflow.json", text.encode())
    assert (found.text, found.kind) == (text, "Stateless")


def test_a_definition_is_cut_out_without_loss() -> None:
    text = (
        '{"source": {}, "kind": "Consumption", "definition": {"triggers": {}, "actions": {'
        '"10": {"inputs": 1.50}, "9": {"inputs": "\\u00e9", "inputs": 12345678901234567890}}},'
        ' "parameters": {"p": {"value": 1}}, "connections": {"x": {"connectionId": "/x"}}}'
    )
    [found] = read_bytes("orders.json", text.encode())
    assert found.text.startswith('{"definition": {"triggers": {}, "actions": {"10": {"inputs": 1.50}, "9": ')
    assert '"\\u00e9", "inputs": 12345678901234567890' in found.text
    assert found.text.endswith('"kind": "Stateful"}\n')
    assert (found.kind, found.parameters, found.connections) == (
        "Consumption",
        {"p": 1},
        {"x": {"connectionId": "/x"}},
    )


def test_a_resource() -> None:
    connections = {"$connections": {"value": {"office365": {"id": "/x"}}}}
    resource = {"location": "x", "properties": {"definition": DEFINITION, "parameters": connections}}
    [found] = read_bytes("orders.json", data(resource))
    assert (found.kind, found.connections) == ("Consumption", {"office365": {"id": "/x"}})
    assert parse(found.text).plain()["definition"] == DEFINITION  # type: ignore[index,call-overload]


@pytest.mark.parametrize(
    "written, resolved",
    [
        ("[parameters('url')]", "https://x"),
        ("[PARAMETERS('URL')]", "https://x"),
        ("[concat(parameters('url'), '/it''s/', variables('path'))]", "https://x/it's/a-b"),
        ("[variables('nested')[1].name]", "second"),
        ("[if(equals(parameters('count'), 2), toUpper('a'), 'b')]", "A"),
        ("[format('{0}-{1}', parameters('count'), 'x')]", "2-x"),
        ("[parameters('count')]", 2),
        ("[[escaped]", "[escaped]"),
        ("[resourceGroup().location]", "[resourceGroup().location]"),
        ("[concat('a', uniqueString('b'))]", "[concat('a', uniqueString('b'))]"),
        ("[parameters('unknown')]", "[parameters('unknown')]"),
        ("[variables('loop')]", "[variables('loop')]"),
        ("[not a template", "[not a template"),
        ("@{parameters('p')}", "@{parameters('p')}"),
    ],
)
def test_template_expressions(written: str, resolved: Any) -> None:
    whole = template(
        {**DEFINITION, "actions": {"A": {"type": "Compose", "inputs": written}}},
        parameters={
            "url": {"type": "string", "defaultValue": "https://x"},
            "count": {"type": "int", "defaultValue": 2},
        },
        variables={
            "path": "[concat('a', '-', 'b')]",
            "nested": [{}, {"name": "second"}],
            "loop": "[variables('loop')]",
        },
    )
    [found] = read_bytes("azuredeploy.json", data(whole))
    assert found.name == "orders"
    assert inputs_of(found.text) == resolved
    unresolved = resolved == written and written.endswith("]")
    assert bool(found.report.notes) is unresolved


def test_templates_inside_templates() -> None:
    inner = template(DEFINITION, parameters={"name": {"type": "string"}})
    nested = {
        "resources": [
            {
                "type": "Microsoft.Resources/deployments",
                "properties": {
                    "expressionEvaluationOptions": {"scope": "inner"},
                    "parameters": {"name": {"value": "inner-name"}},
                    "template": inner,
                },
            },
            {"type": "Microsoft.Web/sites", "resources": template(DEFINITION)["resources"]},
            {"type": "x/contentTemplates", "properties": {"mainTemplate": template(DEFINITION)}},
        ],
        "parameters": {"name": {"defaultValue": "outer-name"}},
    }
    found = read_bytes("azuredeploy.json", data(nested))
    assert [one.name for one in found] == ["inner-name", "outer-name", "outer-name"]


COPIED = {
    "copy": [{"name": "names", "count": 3, "input": "[format('q{0}', add(copyIndex('names'), 1))]"}],
    "inside": {"copy": [{"name": "list", "count": 2, "input": {"n": "[copyIndex('list', 10)]"}}], "kept": 1},
    "Body": {"definition": {"nested": "[[text]"}, "text": '{"a": "[not evaluated]"}'},
    "doubled": "[concat(variables('doubled2'), variables('doubled2'))]",
    "doubled2": "[concat(parameters('long'), parameters('long'))]",
}


@pytest.mark.parametrize(
    "written, resolved",
    [
        ("[variables('names')]", ["q1", "q2", "q3"]),
        ("[variables('inside')]", {"kept": 1, "list": [{"n": 10}, {"n": 11}]}),
        ("[variables('BODY').DEFINITION.nested]", "[text]"),
        ("[json(variables('Body').text).a]", "[not evaluated]"),
        ("[if(equals(parameters('p'), 'x'), 'known', resourceGroup().location)]", "known"),
        ("[if(false(), reference(concat('a', 'b')).x[0], 'other')]", "other"),
        ("[coalesce(null(), 'second')]", "second"),
        ("[join(union(createArray('a'), createArray('b', 'a')), '-')]", "a-b"),
        ("[format('{0:D3} {{x}} {1}', 7, true())]", "007 {x} True"),
        ("[base64ToString(base64('é'))]", "é"),
        ("[uri('https://x/y/', 'z')]", "https://x/y/z"),
        ("[contains(createObject('Key', 1), 'key')]", True),
        ("[padLeft(12, 5, '0')]", "00012"),
        ("[div(-7, 2)]", -3),
        ("[replace(parameters('long'), 'x', parameters('long'))]", None),
        ("[first(createArray())]", None),
        ("[copyIndex()]", None),
    ],
)
def test_what_bicep_and_authors_write_in_templates(written: str, resolved: Any) -> None:
    parameters = {"p": {"defaultValue": "x"}, "long": {"defaultValue": "x" * 5_000}}
    definition = {**DEFINITION, "actions": {"A": {"type": "Compose", "inputs": written}}}
    [found] = read_bytes("main.json", data(template(definition, parameters=parameters, variables=COPIED)))
    assert inputs_of(found.text) == (written if resolved is None else resolved)


def test_a_template_that_doubles_a_value_again_and_again_ends() -> None:
    variables: dict[str, Any] = {"v0": "x" * 1000}
    for index in range(30):
        variables[f"v{index + 1}"] = f"[concat(variables('v{index}'), variables('v{index}'))]"
    nested: Any = "[copyIndex('c0')]"
    for index in range(20):
        nested = {"copy": [{"name": f"c{index}", "count": 800, "input": nested}]}
    variables["loops"] = nested
    inputs = ["[variables('v30')]", "[variables('loops')]", "[variables('v1')]"]
    definition = {**DEFINITION, "actions": {"A": {"type": "Compose", "inputs": inputs}}}
    [found] = read_bytes("main.json", data(template(definition, variables=variables)))
    assert inputs_of(found.text)[:2] == inputs[:2]
    assert len(found.report.notes) >= 2


@pytest.mark.parametrize(
    "written",
    [
        "[variables('$fxv#0').definition]",
        "[variables('chain')]",
        "[json(variables('text'))]",
        "[parameters('definition')]",
        "[union(variables('$fxv#0').definition, createObject())]",
    ],
)
def test_a_definition_that_stands_elsewhere_in_the_template(written: str) -> None:
    variables = {
        "$fxv#0": {"definition": DEFINITION},
        "chain": "[variables('$fxv#0').definition]",
        "text": json.dumps(DEFINITION),
    }
    whole = template(written, variables=variables, parameters={"definition": {"defaultValue": DEFINITION}})
    [found] = read_bytes("main.json", data(whole))
    assert parse(found.text).plain()["definition"] == DEFINITION  # type: ignore[index,call-overload]


def test_resources_by_symbolic_name_and_copies_of_one() -> None:
    whole = template(DEFINITION, variables={"names": ["first", "second"]})
    [resource] = whole["resources"]
    copied = {
        **resource,
        "name": "[variables('names')[copyIndex()]]",
        "copy": {"name": "flows", "count": "[length(variables('names'))]"},
    }
    existing = {"type": "Microsoft.Logic/workflows", "existing": True, "name": "other"}
    whole |= {"languageVersion": "2.0", "resources": {"one": resource, "many": copied, "known": existing}}
    assert [one.name for one in read_bytes("main.json", data(whole))] == ["orders", "first", "second"]


def test_a_template_takes_the_values_beside_it_but_no_secrets() -> None:
    definition = {
        **DEFINITION,
        "actions": {"A": {"type": "Compose", "inputs": ["[parameters('url')]", "[parameters('key')]"]}},
    }
    parameters = {"url": {"type": "string"}, "key": {"type": "secureString"}}
    values = {"URL": {"value": "https://beside"}, "key": {"value": "hidden"}, "name": {"value": "given"}}
    files = {
        "azuredeploy.json": data(template(definition, parameters=parameters)),
        "azuredeploy.parameters.json": data({"parameters": values}),
    }
    [found] = read_files(files)
    assert (found.name, inputs_of(found.text)) == ("given", ["https://beside", "[parameters('key')]"])
    assert "hidden" not in found.text


def test_a_template_may_break_lines_inside_strings() -> None:
    whole = template({**DEFINITION, "actions": {"A": {"type": "Compose", "inputs": "[concat('a',#'b')]"}}})
    text = data(whole).replace(b"#", b"\n\t  ")
    [found] = read_bytes("azuredeploy.json", text)
    assert inputs_of(found.text) == "ab"
    with pytest.raises(DocumentError):  # elsewhere it is no JSON
        read_bytes("workflow.json", b'{"actions": {"A": {"type": "Compose", "inputs": "a\nb"}}}')


def test_archives_inside_an_archive_share_one_limit() -> None:
    inner = archive({f"{i}.json": b" " * 900_000 for i in range(4)})
    outer = archive({f"{i}.zip": inner for i in range(8)})
    assert len(outer) < 100_000
    with pytest.raises(ImportFailure) as caught:
        read_bytes("x.zip", outer, SourceLimits(total=10_000_000))
    assert caught.value.code == "ImportTooLarge"


def test_flows_for_desktops_are_passed_over() -> None:
    desktop = {"properties": {"definition": {"$schema": SCHEMA, "package": "UEsDB", "name": "Robot"}}}
    flow = {"properties": {"definition": DEFINITION}}
    files = {"Workflows/Robot-1.json": data(desktop), "Workflows/Cloud-1.json": data(flow)}
    assert [one.name for one in read_bytes("solution.zip", archive(files))] == ["Cloud-1"]


def test_a_standard_project(tmp_path: Path) -> None:
    (tmp_path / "Orders").mkdir()
    (tmp_path / "Orders" / "workflow.json").write_bytes(data({"definition": DEFINITION, "kind": "Stateless"}))
    (tmp_path / "connections.json").write_bytes(data({"serviceProviderConnections": {"sql": {}}}))
    (tmp_path / "parameters.json").write_bytes(data({"limit": {"type": "Int", "value": 5}}))
    (tmp_path / "host.json").write_bytes(b"{}")
    (tmp_path / "local.settings.json").write_bytes(data({"Values": {"SECRET": "x"}}))
    for path in (tmp_path, tmp_path / "Orders" / "workflow.json"):
        [found] = read_path(path)
        assert (found.name, found.kind, found.parameters) == ("Orders", "Stateless", {"limit": 5})
        assert found.connections == {"serviceProviderConnections": {"sql": {}}}
        assert any("SECRET" in note and note != "x" for note in found.report.notes)


def test_packages_of_power_automate() -> None:
    flow = {
        "properties": {"displayName": "Remind", "definition": DEFINITION, "connectionReferences": {"s": {}}}
    }
    packed = archive(
        {
            "Microsoft.Flow/flows/0a/definition.json": data(flow),
            "Microsoft.Flow/flows/0a/apisMap.json": b"{}",
            "manifest.json": b"{}",
        }
    )
    [found] = read_bytes("Remind.zip", packed)
    assert (found.name, found.kind, found.connections) == ("Remind", "PowerAutomate", {"s": {}})
    name = "Workflows/Tell-0A1B2C3D-0000-1111-2222-333344445555.json"
    solution = archive({name: data({"properties": {"definition": DEFINITION}}), "solution.xml": b"<x/>"})
    [found] = read_bytes("solution.zip", archive({"inner/solution.zip": solution}))
    assert (found.name, found.kind) == ("Tell", "PowerAutomate")


def test_several_files_dropped_at_once() -> None:
    wrapped = data({"definition": DEFINITION, "kind": "Stateful"})
    found = read_files({"p/One/workflow.json": wrapped, "p/Two/workflow.json": wrapped, "p/host.json": b"{}"})
    assert [one.name for one in found] == ["One", "Two"]


def test_the_report() -> None:
    host = {"connection": {"referenceName": "office365"}}
    provider = {"serviceProviderConfiguration": {"serviceProviderId": "/serviceProviders/sql"}}
    actions = {
        "Own": {"type": "Compose", "inputs": 1},
        "Managed": {"type": "ApiConnection", "inputs": {"host": host}},
        "BuiltIn": {"type": "ServiceProvider", "inputs": provider},
        "Script": {"type": "CSharpScriptCode", "inputs": {}},
        "Box": {"type": "Scope", "actions": {"Child": {"type": "Workflow", "inputs": {}}}},
    }
    [found] = read_bytes("x.json", data({**DEFINITION, "actions": actions}))
    states = {finding.name: finding.state for finding in found.report.findings}
    assert states == {
        "manual": "runs",
        "Own": "runs",
        "Managed": "needsMapping",
        "BuiltIn": "needsConnection",
        "Script": "cannotRun",
        "Box": "runs",
        "Child": "needsMapping",
    }
    written = found.report.as_json()
    assert written["summary"].startswith("Of 7 triggers and actions, 3 run as they are")
    child = next(finding for finding in written["findings"] if finding["name"] == "Child")
    assert child["pointer"] == "/actions/Box/actions/Child"
    assert "office365" in next(f["reason"] for f in written["findings"] if f["name"] == "Managed")


@pytest.mark.parametrize(
    "name", ["../evil.json", "/etc/evil.json", "a/../../evil.json", "..\\evil.json", "C:/evil.json"]
)
def test_paths_that_lead_outside_are_refused(name: str) -> None:
    with pytest.raises(ImportFailure) as caught:
        read_bytes("x.zip", archive({name: data(DEFINITION)}))
    assert caught.value.code == "ImportUnsafePath"


def test_archives_that_unpack_beyond_all_measure_are_refused() -> None:
    bomb = archive({"bomb.json": b" " * (4 * 1024 * 1024)})
    assert len(bomb) < 8_192
    with pytest.raises(ImportFailure) as caught:
        read_bytes("x.zip", bomb)
    assert caught.value.code == "ImportTooLarge"


def test_a_size_that_lies_is_found_out() -> None:
    """The header claims one byte; what unpacks is counted."""
    packed = bytearray(archive({"a.json": b"[" + b" " * 200_000 + b"]"}))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", packed, packed.index(signature) + offset, 1)
    with pytest.raises(ImportFailure) as caught:
        read_bytes("x.zip", bytes(packed), SourceLimits(file=100_000))
    assert caught.value.code in ("ImportTooLarge", "ImportDamagedArchive", "ImportNothingFound")


def test_damaged_archives_are_refused_in_words() -> None:
    packed = archive({"a.json": data(DEFINITION), "b.json": data(DEFINITION)})
    for place in range(0, len(packed), 3):
        damaged = packed[:place] + bytes([packed[place] ^ 0xFF]) + packed[place + 1 :]
        with contextlib.suppress(ImportFailure, DocumentError):  # anything else would be a crash
            read_bytes("x.zip", b"PK\x03\x04" + damaged[4:])


@pytest.mark.parametrize(
    "content, limits, code",
    [
        (archive({f"{i}.json": b"{}" for i in range(4)}), SourceLimits(files=3), "ImportTooManyFiles"),
        (archive({f"{i}.json": b"[1,2,3]" for i in range(9)}), SourceLimits(total=50), "ImportTooLarge"),
        (data(DEFINITION), SourceLimits(file=10), "ImportTooLarge"),
        (b"PK\x03\x04 and nothing more", SourceLimits(), "ImportDamagedArchive"),
        (b"{}", SourceLimits(), "ImportNothingFound"),
        (archive({"a.json": b"{}"}), SourceLimits(), "ImportNothingFound"),
    ],
)
def test_limits(content: bytes, limits: SourceLimits, code: str) -> None:
    with pytest.raises(ImportFailure) as caught:
        read_bytes("x", content, limits)
    assert caught.value.code == code
    assert str(caught.value).endswith(".")


def test_a_file_that_is_no_json() -> None:
    with pytest.raises(DocumentError) as caught:
        read_bytes("x.json", b'{"actions": }')
    assert (caught.value.line, caught.value.column) == (1, 13)


def test_a_broken_workflow_in_a_folder_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "Orders").mkdir()
    (tmp_path / "Orders" / "workflow.json").write_text("{")
    (tmp_path / "notes.json").write_text("no json at all")
    with pytest.raises(DocumentError):
        read_path(tmp_path)
