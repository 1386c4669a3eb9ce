"""Previews of templates over the data of a run: values, loops, and what must not be shown."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from runtime import services
from runtime.language.expressions.errors import ExpressionError
from runtime.language.values import Json, dumps
from tests.runtime.worlds import arrival, chain, compose, definition, ended, make_version, process, read

pytestmark = pytest.mark.usefixtures("database")

LOOP = {
    "type": "Foreach",
    "foreach": "@triggerBody()?['items']",
    "actions": {
        "Line": {"type": "Compose", "inputs": "@concat('item ', string(items('Each')?['n']))"},
        "Inner": {
            "type": "Foreach",
            "foreach": "@items('Each')?['parts']",
            "actions": {"Part": {"type": "Compose", "inputs": "@item()"}},
        },
    },
    "runtimeConfiguration": {"concurrency": {"repetitions": 1}},
}
SET = {"type": "InitializeVariable", "inputs": {"variables": [{"name": "v", "type": "string", "value": "x"}]}}
SECRET = {
    "type": "Compose",
    "inputs": "hush",
    "runtimeConfiguration": {"secureData": {"properties": ["inputs"]}},
}
AFTER = chain(
    ("Greeting", compose("Hello @{triggerBody()?['name']}")),
    ("Set", SET),
    ("Each", LOOP),
    ("Secret", SECRET),
    ("Reader", compose("@outputs('Secret')")),
)
BODY = {"name": "Ann", "items": [{"n": 1, "parts": ["a", "b"]}, {"n": 2, "parts": ["c", "d"]}]}


async def ask(
    version: Any, run: UUID | None, template: Json, *, draft: Json = None, **more: Any
) -> Json:  # fmt: skip
    text = version.text if draft is None else dumps({"definition": draft})
    at = services.Viewpoint(run=run, **more)
    return await read(lambda: services.Preview(version.tenant_id, text, at).value(template))


@pytest.fixture
async def finished() -> tuple[Any, UUID]:
    version = await read(lambda: make_version(definition(AFTER)))
    async with process():
        receipt = await services.receive(arrival(version, BODY))
        run = await ended(receipt.run_id)
        assert run.status == "Succeeded", run.error
    return version, receipt.run_id


async def test_values_of_a_run(finished: tuple[Any, UUID]):
    version, run = finished
    assert await ask(version, run, "@{outputs('Greeting')}, @{variables('v')}!") == "Hello Ann, x!"
    assert await ask(version, run, {"n": "@length(triggerBody()['items'])"}) == {"n": 2}
    assert await ask(version, run, "@actions('Greeting')?['status']") == "Succeeded"
    assert await ask(version, run, "@outputs('Line')") == ["item 1", "item 2"]


async def test_values_kept_apart_are_loaded(database: str):
    version = await read(lambda: make_version(definition(chain(("Large", compose("@range(0, 3000)"))))))
    async with process():
        run = (await ended((await services.receive(arrival(version, BODY))).run_id)).pk
    assert await ask(version, run, "@last(outputs('Large'))") == 2999
    assert await ask(version, run, "@outputs('Large')") == list(range(3000))


async def test_turns_of_loops(finished: tuple[Any, UUID]):
    version, run = finished
    line = "@items('Each')['n']"
    assert await ask(version, run, line, action="Line") == 1
    assert await ask(version, run, line, action="Line", repetition=(1,)) == 2
    assert await ask(version, run, "@item()", action="Part", repetition=(1, 1)) == "d"
    with pytest.raises(ExpressionError, match="not inside a loop"):
        await ask(version, run, line, action="Greeting")
    with pytest.raises(ExpressionError, match="did not have that turn"):
        await ask(version, run, line, action="Line", repetition=(7,))


async def test_an_action_that_only_the_draft_has(finished: tuple[Any, UUID]):
    version, run = finished
    loop = {**LOOP, "actions": {**LOOP["actions"], "New": compose("@item()")}}  # type: ignore[dict-item]
    draft = definition({**AFTER, "Each": {**AFTER["Each"], **loop}, "Later": compose("x")})
    assert await ask(version, run, "@item()['n']", draft=draft, action="New", repetition=(1,)) == 2
    assert await ask(version, run, "@outputs('Later')", draft=draft) is None


async def test_errors_are_the_engine_s_own(finished: tuple[Any, UUID]):
    version, run = finished
    for template, words in (
        ("@nothing(1)", "not defined"),
        ("@outputs('Nobody')", "Nobody"),
        ("@int('x')", "int"),
        ("@{concat('a'", "concat"),
    ):
        with pytest.raises(ExpressionError, match=words):
            await ask(version, run, template)


@pytest.mark.parametrize(
    "template",
    ["@outputs('Secret')", "@body('reader')", "@actions('Secret')", "@outputs(concat('Sec', 'ret'))"],
)
async def test_secured_values_are_withheld(finished: tuple[Any, UUID], template: str):
    version, run = finished
    with pytest.raises(services.Withheld):
        await ask(version, run, template)
    # Whatever the draft says of them now, also under another roof.
    bare = {name: one for name, one in AFTER.items() if name not in ("Secret", "Reader")}
    moved = {"type": "Scope", "actions": {"Secret": compose("hush"), "Reader": compose("x")}}
    draft = definition({**bare, "Roof": moved})
    for asked in (template, "@result('Roof')"):
        with pytest.raises(services.Withheld):
            await ask(version, run, asked, draft=draft)


async def test_secure_parameters_and_settings_are_withheld(finished: tuple[Any, UUID]):
    version, _ = finished
    draft = {**definition(AFTER), "parameters": {"key": {"type": "SecureString", "defaultValue": "k"}}}
    for template in ("@parameters('KEY')", "@{appsetting('X')}"):
        with pytest.raises((services.Withheld, ExpressionError)):
            await ask(version, None, template, draft=draft, sample=1, has_sample=True)


async def test_without_a_run(finished: tuple[Any, UUID]):
    version, _ = finished
    sample = {"sample": {"name": "Bo"}, "has_sample": True}
    assert await ask(version, None, "Hi @{triggerBody()?['name']}", **sample) == "Hi Bo"
    assert await ask(version, None, "@add(1, 2)") == 3
    with pytest.raises(ExpressionError, match="no data yet"):
        await ask(version, None, "@triggerBody()")


async def test_what_is_pinned_needs_no_run(finished: tuple[Any, UUID]):
    version, run = finished
    static = {"name": "Ask0", "staticResultOptions": "Enabled"}
    ask_service = {
        "type": "Http",
        "inputs": {"method": "GET", "uri": "https://a.example"},
        "runtimeConfiguration": {"staticResult": static},
    }
    secured = {"secureData": {"properties": ["outputs"]}, "staticResult": static}
    hidden = {**ask_service, "runtimeConfiguration": secured}
    result = {"status": "Succeeded", "outputs": {"statusCode": "200", "body": {"price": 7}}}
    draft = definition(chain(("Ask", ask_service), ("Hidden", hidden), ("Free", compose("x"))))
    draft["staticResults"] = {"Ask0": result}
    assert await ask(version, None, "@body('ask')?['price']", draft=draft) == 7
    assert await ask(version, None, "@outputs('Ask')['statusCode']", draft=draft) == 200
    sample = {"sample": {"n": 2}, "has_sample": True}
    assert (
        await ask(version, None, "@mul(body('Ask')['price'], triggerBody()['n'])", draft=draft, **sample)
        == 14
    )
    for template in ("@outputs('Free')", "@concat(body('Ask'), triggerBody())", "@outputs('Nobody')"):
        with pytest.raises(ExpressionError, match="no data yet"):
            await ask(version, None, template, draft=draft)
    with pytest.raises(services.Withheld):
        await ask(version, None, "@body('Hidden')", draft=draft)
    # A past run says what happened then, whatever is pinned now.
    pinned_now = {**AFTER, "Greeting": {**compose("x"), "runtimeConfiguration": {"staticResult": static}}}
    past = {**definition(pinned_now), "staticResults": {"Ask0": {"outputs": "pinned"}}}
    assert await ask(version, run, "@outputs('Greeting')", draft=past) == "Hello Ann"


async def test_only_runs_of_the_tenant(finished: tuple[Any, UUID]):
    _, run = finished
    other = await read(lambda: make_version(definition(AFTER)))
    with pytest.raises(services.RunNotFound):
        await ask(other, run, "@triggerBody()")
