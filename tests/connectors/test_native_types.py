"""WDL types that are our operations under names of their own, run to the end; and those nothing here runs."""

from __future__ import annotations

import base64
import json

import pytest

from connectors.builtin.liquid import operations as liquid
from connectors.builtin.xml import operations as xml
from connectors.sdk import ConnectorError
from connectors.sdk.testing import DirectNetwork
from runtime import catalog
from runtime.executor import Call, OperationExecutor
from runtime.language import definition as wdl
from runtime.language.importing.report import report_on
from runtime.language.validate import validate
from runtime.rehearsal import Rehearsal
from runtime.targets import NATIVE, find_target
from runtime.triggers.request import Request

XSL = (
    '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:param name="p"/>'
    '<xsl:template match="/"><out><xsl:value-of select="concat(/a, $p)"/></out></xsl:template></xsl:stylesheet>'
)
XSD = (
    '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:b="http://schemas.microsoft.com/BizTalk/2003">'
    '<xs:annotation><xs:appinfo><b:schemaInfo standard="Flat File" root_reference="a"/></xs:appinfo></xs:annotation>'
    '<xs:element name="a"><xs:annotation><xs:appinfo><b:recordInfo structure="delimited" '
    'child_delimiter_type="char" child_delimiter=","/></xs:appinfo></xs:annotation><xs:complexType><xs:sequence>'
    '<xs:element name="b" type="xs:int"/><xs:element name="c" type="xs:int"/>'
    "</xs:sequence></xs:complexType></xs:element></xs:schema>"
)
DOCUMENT = "<a><b>1</b><c>2</c></a>"


@pytest.fixture(scope="module", autouse=True)
def _close_processes():
    yield
    for used in (xml, liquid):
        used.inside().close()


@pytest.fixture
def folder(tmp_path):
    for place, text in {
        "Maps/M.xslt": XSL,
        "Maps/T.liquid": '{"n": {{ content.a.b | Plus: 1 }}}',
        "Schemas/S.xsd": XSD,
    }.items():
        path = tmp_path / "Artifacts" / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def account(kind, name):
    return {"integrationAccount": {kind: {"name": name}}}


def standard(kind, name):
    return {kind: {"source": "LogicApp", "name": name}}


async def outcome_of(folder, action_type, kind, inputs):
    executor = OperationExecutor(network=lambda tenant: DirectNetwork(), folders=lambda tenant: folder)
    outcome = await executor.execute(Call("t", {}, "r", "Do", action_type, inputs, "k", kind=kind))
    await executor.close()
    return outcome


def text_of(body):
    return base64.b64decode(body["$content"]).decode()


@pytest.mark.parametrize("named", [account, standard])
async def test_both_ways_of_naming_a_map(folder, named):
    inputs = {"content": DOCUMENT, "xsltParameters": {"p": "!"}, **named("map", "M.xslt")}
    for kind in ("", "DataMapper"):
        outcome = await outcome_of(folder, "Xslt", kind, inputs)
        assert (outcome.status, outcome.code) == ("Succeeded", "OK")
        assert "<out>12!</out>" in text_of(outcome.outputs["body"])


@pytest.mark.parametrize(
    "action_type,kind,inputs,outputs",
    [
        ("xmlValidation", "", {"content": DOCUMENT, **account("schema", "S")}, {}),
        (
            "XmlParse",
            "",
            {"content": DOCUMENT, **standard("schema", "S.xsd")},
            {"body": {"json": {"b": 1, "c": 2}}},
        ),
        ("FlatFileDecoding", "", {"content": "1,2", **account("schema", "S")}, {"body": DOCUMENT}),
        ("FlatFileEncoding", "", {"content": DOCUMENT, **account("schema", "S")}, {"body": "1,2"}),
        ("Liquid", "JsonToJson", {"content": {"a": {"b": 1}}, **account("map", "T")}, {"body": {"n": 2}}),
        ("Liquid", "jsontotext", {"content": {"a": {"b": 1}}, **account("map", "T")}, {"body": '{"n": 2}'}),
        ("Liquid", "XmlToJson", {"content": DOCUMENT, **standard("map", "T.liquid")}, {"body": {"n": 2}}),
        ("Liquid", "XmlToText", {"content": DOCUMENT, **standard("map", "T.liquid")}, {"body": '{"n": 2}'}),
    ],
)
async def test_each_type_is_one_of_our_operations(folder, action_type, kind, inputs, outputs):
    outcome = await outcome_of(folder, action_type, kind, inputs)
    assert outcome.error is None
    assert outcome.outputs == outputs


async def test_compose_and_look_up(folder):
    outcome = await outcome_of(
        folder, "XmlCompose", "", {"content": {"b": 1, "c": 2}, **standard("schema", "S.xsd")}
    )
    assert text_of(outcome.outputs["body"]["xml"]).endswith(DOCUMENT)
    inputs = {"artifactType": "Map", "artifactName": "T"}
    outcome = await outcome_of(folder, "IntegrationAccountArtifactLookup", "", inputs)
    assert outcome.outputs["body"]["properties"]["content"].startswith('{"n"')


async def test_what_is_missing_or_wrong_is_a_sentence(folder):
    outcome = await outcome_of(folder, "Xslt", "", {"content": DOCUMENT, **account("map", "Other")})
    assert (outcome.status, outcome.code) == ("Failed", "ArtifactNotFound")
    assert "'Artifacts/Maps'" in outcome.error["message"]
    outcome = await outcome_of(folder, "Xslt", "", {"content": DOCUMENT})
    assert "Map is required." in outcome.error["message"]
    outcome = await outcome_of(folder, "Liquid", "JsonToYaml", {"content": {}})
    assert "must be one of JsonToJson" in outcome.error["message"]
    outcome = await outcome_of(folder, "XmlValidation", "", {"content": "<a/>", **account("schema", "S")})
    assert outcome.code == "ValidationFailed"


@pytest.mark.parametrize("native", NATIVE, ids=lambda native: native.type + native.kind)
def test_the_catalogue_inserts_what_runs(native):
    entry = catalog.manifest(native.connector, native.operation)
    template = json.loads(entry["template"])
    assert (entry["wdlType"], template.get("kind", "")) == (native.type, native.kind)
    if native.artifact:
        assert entry["inputs"]["properties"][native.artifact]["x-path"] == f"inputs.{native.artifact}.name"
        template["inputs"][native.artifact]["name"] = "N"
    target = find_target(native.type, template["inputs"], "operation", native.kind)
    assert target.operation.id == native.operation
    assert target.parameters.get(native.artifact) == ("N" if native.artifact else None)


async def test_a_run_uses_them(folder):
    definition = {
        "triggers": {"manual": {"type": "Request", "kind": "Http"}},
        "actions": {
            "Make": {
                "type": "Liquid",
                "kind": "JsonToJson",
                "inputs": {"content": "@triggerBody()", "integrationAccount": {"map": {"name": "T"}}},
            },
            "Answer": {
                "type": "Response",
                "inputs": {"statusCode": 200, "body": "@body('Make')?['n']"},
                "runAfter": {"Make": ["Succeeded"]},
            },
        },
    }
    call = Request("POST", "", "", [("Content-Type", "application/json")], b'{"a": {"b": 41}}')
    done = await Rehearsal(definition, call=call, folder=folder).perform()
    assert done.response is not None
    assert done.response.body == 42


NOT_HERE = (
    "As2Encode", "As2Decode", "RosettaNetEncode", "RosettaNetDecode", "SwiftMTEncode", "SwiftMTDecode", "RuleExecute",
    "CSharpScriptCode", "PowerShellCode", "InvokeFunction", "ParseDocument", "ChunkText", "Agent", "AgentHandOff",
    "McpClientTool",
)  # fmt: skip


@pytest.mark.parametrize("action_type", NOT_HERE)
async def test_what_cannot_run_here_says_so_and_is_kept(action_type):
    definition = {
        "$schema": "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#",
        "contentVersion": "1.0.0.0",
        "triggers": {"manual": {"type": "Request", "kind": "Http", "inputs": {"schema": {}}}},
        "actions": {
            "Do": {"type": action_type, "inputs": {"content": "x", "functionName": "F"}, "runAfter": {}}
        },
        "outputs": {},
    }
    call = Request("POST", "", "", [], b"")
    done = await Rehearsal(definition, call=call).perform()
    failed = next(
        event for event in done.history if type(event).__name__ == "ActionEnded" and event.name == "Do"
    )
    assert failed.status == "Failed"
    assert action_type in failed.error["message"]
    assert failed.error["message"].endswith(".")
    problems = validate(json.dumps(definition))
    assert not [problem for problem in problems if problem.severity == "error"]
    finding = next(one for one in report_on(wdl.read(definition)).findings if one.name == "Do")
    assert finding.state == "cannotRun"


def test_no_type_is_found_by_accident():
    with pytest.raises(ConnectorError, match="cannot be executed"):
        find_target("Xsltt", {}, "operation")
