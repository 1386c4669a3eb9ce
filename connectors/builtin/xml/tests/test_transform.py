"""XSLT 1.0 without files, network and code."""

from __future__ import annotations

import base64
import time

import pytest

from connectors.builtin.xml.operations import list_maps, transform_xml
from connectors.sdk import ConnectorError
from connectors.sdk.testing import context

XSL = (
    '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" {0}>{1}</xsl:stylesheet>'
)
ORDER = '<order id="7"><line sku="a">2</line><line sku="b">3</line></order>'


def sheet(body, attributes=""):
    return XSL.format(attributes, body)


SUM = sheet(
    '<xsl:param name="to" select="\'nobody\'"/>'
    '<xsl:template match="/order"><bill nr="{@id}" to="{$to}"><xsl:value-of select="sum(line)"/></bill>'
    "</xsl:template>"
)


def text_of(body):
    assert body["$content-type"] == "application/xml; charset=utf-8"
    return base64.b64decode(body["$content"]).decode()


@pytest.mark.parametrize("name", ["Sum.xslt", "sum", "SUM.XSLT"])
def test_a_map_is_found_by_its_name_with_or_without_ending(tenant, name):
    tenant.put("Maps", Sum__xslt=SUM)
    body = tenant(transform_xml, {"content": ORDER, "map": name, "xsltParameters": {"to": 'O\'Neil "x"'}})[
        "body"
    ]
    assert text_of(body) == (
        "<?xml version='1.0' encoding='utf-8'?>\n<bill nr=\"7\" to=\"O'Neil &quot;x&quot;\">5</bill>"
    )


def test_content_may_be_an_envelope_in_another_encoding(tenant):
    tenant.put("Maps", Copy__xsl=sheet('<xsl:template match="/"><xsl:copy-of select="."/></xsl:template>'))
    data = '<?xml version="1.0" encoding="iso-8859-1"?><a>é</a>'.encode("latin-1")
    content = {"$content-type": "application/xml", "$content": base64.b64encode(data).decode()}
    assert text_of(tenant(transform_xml, {"content": content, "map": "Copy"})["body"]).endswith("<a>é</a>")


def test_output_options(tenant):
    output = (
        '<xsl:output method="xml" omit-xml-declaration="yes"/><xsl:template match="/"><b/></xsl:template>'
    )
    tenant.put("Maps", Bare__xslt=sheet(output))
    plain = tenant(transform_xml, {"content": ORDER, "map": "Bare"})["body"]
    assert text_of(plain).startswith("<?xml")
    declared = {"content": ORDER, "map": "Bare", "transformOptions": "applyXsltOutputAttributes, x"}
    assert text_of(tenant(transform_xml, declared)["body"]) == "<b/>\n"
    marked = {"content": ORDER, "map": "Bare", "transformOptions": "IncludeByteOrderMark"}
    assert text_of(tenant(transform_xml, marked)["body"]).startswith("\ufeff<?xml")


def test_text_is_text(tenant):
    tenant.put("Maps", Csv__xslt=sheet(
        '<xsl:output method="text"/><xsl:template match="/">'
        '<xsl:for-each select="//line"><xsl:value-of select="@sku"/>,</xsl:for-each></xsl:template>'
    ))  # fmt: skip
    assert tenant(transform_xml, {"content": ORDER, "map": "Csv"}) == {"body": "a,b,"}


def test_included_maps_come_from_the_same_folder(tenant):
    tenant.put("Maps", Main__xslt=sheet('<xsl:include href="folder/Rest.xslt"/>'), Rest__xslt=SUM)
    assert "<bill" in text_of(tenant(transform_xml, {"content": ORDER, "map": "Main"})["body"])


def test_node_set_of_microsoft_is_known(tenant):
    body = (
        '<xsl:template match="/"><xsl:variable name="v"><i>1</i><i>2</i></xsl:variable>'
        '<n><xsl:value-of select="count(msxsl:node-set($v)/i)"/></n></xsl:template>'
    )
    tenant.put("Maps", Set__xslt=sheet(body, 'xmlns:msxsl="urn:schemas-microsoft-com:xslt"'))
    assert ">2</n>" in text_of(tenant(transform_xml, {"content": ORDER, "map": "Set"})["body"])


SCRIPT = sheet(
    '<msxsl:script language="C#" implements-prefix="u">public int F(){return 1;}</msxsl:script>',
    'xmlns:msxsl="urn:schemas-microsoft-com:xslt" xmlns:u="u"',
)
SECRET = '<xsl:template match="/"><x><xsl:copy-of select="document(\'{}\')"/></x></xsl:template>'


@pytest.mark.parametrize(
    "map_,code,part",
    [
        (SUM.replace('"1.0"', '"3.0"', 1), "MapNotSupported", "XSLT 3.0; only XSLT 1.0"),
        (SCRIPT, "MapNotSupported", "msxsl:script"),
        ("<xsl", "InvalidXml", "The map 'M.xslt' is not well-formed XML"),
        (sheet("<xsl:template/>"), "InvalidMap", "not valid XSLT"),
        (sheet('<xsl:include href="gone.xslt"/>'), "", "gone.xslt"),
        (sheet('<xsl:include href="/etc/passwd"/>'), "", "passwd"),
        (sheet('<xsl:include href="http://127.0.0.1:1/x.xslt"/>'), "", "x.xslt"),
        (
            sheet('<xsl:template match="/"><xsl:message terminate="yes">No lines</xsl:message></xsl:template>'),
            "TransformFailed",
            "No lines",
        ),
    ],
)  # fmt: skip
def test_what_a_map_must_not_do_is_told(tenant, map_, code, part):
    tenant.put("Maps", M__xslt=map_)
    with pytest.raises(ConnectorError) as caught:
        tenant(transform_xml, {"content": ORDER, "map": "M"})
    assert part in caught.value.message
    assert caught.value.code == code or not code


@pytest.mark.parametrize(
    "place", ["/etc/hostname", "file:///etc/hostname", "../../../secret.xml", "http://127.0.0.1:9/"]
)
def test_documents_of_elsewhere_are_never_read(tenant, place):
    (tenant.folder.parent / "secret.xml").write_text("<secret/>")
    tenant.put("Maps", M__xslt=sheet(SECRET.format(place)))
    try:
        body = text_of(tenant(transform_xml, {"content": ORDER, "map": "M"})["body"])
    except ConnectorError:
        return
    assert body.endswith("<x/>")


def test_nothing_is_written(tenant):
    tenant.put("Maps", M__xslt=sheet(
        f'<xsl:template match="/"><e:document href="{tenant.folder}/out.xml"><x/></e:document><y/></xsl:template>',
        'xmlns:e="http://exslt.org/common" extension-element-prefixes="e"',
    ))  # fmt: skip
    with pytest.raises(ConnectorError):
        tenant(transform_xml, {"content": ORDER, "map": "M"})
    assert not (tenant.folder / "out.xml").exists()


@pytest.mark.parametrize(
    "content,part",
    [
        ("<a>", "not well-formed"),
        ("", "not well-formed"),
        ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "document type declaration"),
    ],
)
def test_content_that_is_no_plain_xml(tenant, content, part):
    tenant.put("Maps", Sum__xslt=SUM)
    with pytest.raises(ConnectorError) as caught:
        tenant(transform_xml, {"content": content, "map": "Sum"})
    assert (caught.value.code, part in caught.value.message) == ("InvalidXml", True)


def test_a_map_without_end_is_stopped(tenant):
    endless = (
        '<xsl:template match="/"><xsl:call-template name="t"><xsl:with-param name="n" select="26"/>'
        '</xsl:call-template></xsl:template><xsl:template name="t"><xsl:param name="n"/><xsl:if test="$n &gt; 0">'
        + '<xsl:call-template name="t"><xsl:with-param name="n" select="$n - 1"/></xsl:call-template>' * 3
        + "</xsl:if></xsl:template>"
    )
    tenant.put("Maps", M__xslt=sheet(endless))
    started = time.monotonic()
    with pytest.raises(ConnectorError) as caught:
        tenant(transform_xml, {"content": ORDER, "map": "M"}, deadline=time.monotonic() + 1)
    assert caught.value.code == "LimitExceeded"
    assert time.monotonic() - started < 20


def test_a_missing_map_says_where_it_should_be(tenant):
    with pytest.raises(ConnectorError) as caught:
        tenant(transform_xml, {"content": ORDER, "map": "Sum"})
    assert caught.value.code == "ArtifactNotFound"
    assert "'Artifacts/Maps'" in caught.value.message
    assert "'Sum.xslt'" in caught.value.message


def test_names_do_not_lead_out_of_the_folder(tenant):
    (tenant.folder / "out.xslt").write_text(SUM)
    tenant.put("Maps", Sum__xslt=SUM)
    (tenant.folder / "Artifacts" / "Maps" / "link.xslt").symlink_to(tenant.folder / "out.xslt")
    for name in ("../../out.xslt", "link.xslt", "/etc/passwd"):
        with pytest.raises(ConnectorError, match="There is no map"):
            tenant(transform_xml, {"content": ORDER, "map": name})
    assert list_maps(context(folder=tenant.folder), None) == [("Sum.xslt", "Sum.xslt")]
