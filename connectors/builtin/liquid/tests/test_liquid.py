"""Liquid as DotLiquid understands it, with limits."""

from __future__ import annotations

import base64
import time

import pytest

from connectors.builtin.liquid import operations
from connectors.builtin.liquid.moments import write
from connectors.builtin.liquid.operations import (
    list_templates,
    transform_json_to_json,
    transform_xml_to_json,
    transform_xml_to_text,
)
from connectors.sdk import ConnectorError
from connectors.sdk.testing import context

ORDER = {
    "name": "ana",
    "phone": "(917)555",
    "tags": "a, b, c",
    "lines": [{"n": 1, "ok": True}, {"n": 2.5, "ok": False}],
    "when": "2026-03-04T15:06:07.89+02:00",
    "none": None,
}


@pytest.mark.parametrize(
    "template,text",
    [
        ("{{ content.name | Upcase }}{{ content.name | upcase }}", "ANAANA"),
        ("{{ content.name | Append: ' ' | Append: content.tags }}", "ana a, b, c"),
        ("{{ content.phone | Slice: 1, 3 }}", "917"),
        ("{{ content.lines.Size }}/{{ content.lines.size }}/{{ content.lines.First.n }}", "2/2/1"),
        (
            "{% for l in content.lines %}{{ l.n }}{% unless forloop.Last %};{% endunless %}{% endfor %}",
            "1;2.5",
        ),
        ("{% for l in content.lines %}{{ forloop.Index }}{{ forloop.index0 }}{% endfor %}", "1021"),
        ("{%- assign t = content.tags | Split: ', ' -%}{{ t | Join: '+' }}", "a+b+c"),
        ("{{ 7 | DividedBy: 2 }} {{ 7 | Times: 2 }} {{ 'a b' | Replace: ' ', '_' }}", "3 14 a_b"),
        ("{{ content.when | Date: 'dd.MM.yyyy HH:mm' }}", "04.03.2026 15:06"),
        ("{{ content.when | Date: '%Y/%m' }}", "2026/03"),
        ("{{ 'soon' | Date: 'yyyy' }}", "soon"),
        ("{{ content.gone }}{{ content.none }}{{ content.gone.deeper }}|", "|"),
        ("{% if content.gone > 5 %}yes{% else %}no{% endif %}", "no"),
        ("{% if content.lines[0].ok == true %}{{ content.lines[0].ok }}{% endif %}", "true"),
        ("{% case content.name %}{% when 'ana' %}A{% endcase %}", "A"),
        ("{{ content.lines | Json }}", '[{"n": 1, "ok": true}, {"n": 2.5, "ok": false}]'),
        ("{{ content.gone | Default: 'x' }}", "x"),
        ("{% comment %}no{% endcomment %}{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
    ],
)
def test_templates(render, template, text):
    assert render(template, ORDER) == text


def test_json_to_json_gives_a_value_and_forgives_the_last_comma(render):
    template = (
        '{"n": {{ content.lines[1].n }}, "all": [{% for l in content.lines %}{{ l.n }},{% endfor %}], '
        '"text": ",]", }'
    )
    body = render(template, ORDER, transform_json_to_json)
    assert body == {"n": 2.5, "all": [1, 2.5], "text": ",]"}


def test_json_may_come_as_text_or_envelope(render):
    text = '\ufeff{"a": 1}'
    envelope = {"$content-type": "application/json", "$content": base64.b64encode(b'{"a": 1}').decode()}
    assert render("{{ content.a }}", text) == "1"
    assert render("{{ content.a }}", envelope) == "1"


XML = '<o:Order xmlns:o="urn:o" id="7"><Line sku="a">2</Line><Line sku="b">3</Line><Empty/></o:Order>'


def test_xml_is_read_as_the_function_json_does(render):
    template = (
        "{% assign o = content['o:Order'] %}{{ o['@id'] }}:{% for l in o.Line %}{{ l['@sku'] }}={{ l['#text'] }} "
        "{% endfor %}{{ o.Empty }}."
    )
    assert render(template, XML, transform_xml_to_text) == "7:a=2 b=3 ."
    body = render('{"count": {{ content["o:Order"].Line.size }}}', XML, transform_xml_to_json)
    assert body == {"count": 2}
    entity = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
    for bad in ("<a>", entity):
        with pytest.raises(ConnectorError) as caught:
            render("{{ content.a }}", bad, transform_xml_to_text)
        assert caught.value.code == "InvalidXml"


@pytest.mark.parametrize(
    "template,content,operation,code,part",
    [
        ("{{ content.a | NoSuch }}", {}, None, "TransformFailed", "NoSuch"),
        ("x\n{% if %}", {}, None, "TransformFailed", "in line 2"),
        ("{% for x in y %}", {}, None, "TransformFailed", "The template 'T.liquid' failed"),
        ("{% include 'other' %}", {}, None, "TransformFailed", "include"),
        ("{% render '/etc/passwd' %}", {}, None, "TransformFailed", "render"),
        (
            '{"a": {{ content.text }}}',
            {"text": "x y"},
            transform_json_to_json,
            "TransformFailed",
            "valid JSON",
        ),
        ("x", "{oops", None, "InvalidContent", "not JSON"),
        ("x", {"a": 1}, transform_xml_to_text, "InvalidContent", "must be XML"),
    ],
)
def test_failures_are_sentences(render, template, content, operation, code, part):
    with pytest.raises(ConnectorError) as caught:
        render(template, content, operation or operations.transform_json_to_text)
    assert caught.value.code == code
    assert part in caught.value.message


@pytest.mark.parametrize(
    "template",
    [
        "{% for a in (1..9999) %}{% for b in (1..9999) %}{% endfor %}{% endfor %}",
        "{% for a in (1..999999999999) %}{% endfor %}",
        "{% assign x = 'aaaaaaaaaaaaaaaa' %}{% for i in (1..40) %}{% assign x = x | Append: x %}{% endfor %}{{ x }}",
        "{{ 'a' | Times: 9 }}{% assign x = 'a' %}{% for i in (1..64) %}{% capture x %}{{x}}{{x}}{{x}}{{x}}{% endcapture %}"
        "{% endfor %}",
    ],
)
def test_growth_is_bounded(render, template):
    started = time.monotonic()
    with pytest.raises(ConnectorError) as caught:
        render(template, {}, deadline=time.monotonic() + 6)
    assert caught.value.code == "LimitExceeded"
    assert time.monotonic() - started < 40


def test_deep_nesting_is_a_failure_not_a_crash(render):
    with pytest.raises(ConnectorError):
        render("{% if true %}" * 20_000 + "{% endif %}" * 20_000, {})


def test_a_missing_template_says_where_it_should_be(tmp_path):
    request = operations.Transformation.parse({"content": {}, "map": "Invoice"})
    with pytest.raises(ConnectorError, match=r"'Artifacts/Maps' .*'Invoice.liquid'"):
        transform_json_to_json(context(folder=tmp_path), request)
    assert list_templates(context(folder=tmp_path), None) == []


@pytest.mark.parametrize(
    "pattern,text",
    [
        ("yyyy-MM-ddTHH:mm:ss.fffK", "2026-03-04T15:06:07.890+02:00"),
        ("ddd, d MMM yy", "Wed, 4 Mar 26"),
        ("dddd MMMM h:m tt", "Wednesday March 3:6 PM"),
        ("'on' dd \\d zzz z", "on 04 d +02:00 +2"),
        ("s", "2026-03-04T15:06:07"),
        ("FFF", "89"),
        ("%d", "4"),
    ],
)
def test_formats_of_dotnet(pattern, text):
    from datetime import datetime

    assert write(datetime.fromisoformat("2026-03-04T15:06:07.890+02:00"), pattern) == text


def test_utc_is_z():
    from datetime import UTC, datetime

    assert write(datetime(2026, 1, 1, tzinfo=UTC), "HHK") == "00Z"
    assert write(datetime(2026, 1, 1), "HHK") == "00"
