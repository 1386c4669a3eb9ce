"""Validation, XML to JSON and back, along schemas."""

from __future__ import annotations

import base64

import pytest

from connectors.builtin.xml.operations import compose_xml, list_schemas, parse_xml, validate_xml
from connectors.sdk import ConnectorError
from connectors.sdk.testing import context

XSD = '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" {0}>{1}</xs:schema>'
SHOP = XSD.format(
    'targetNamespace="urn:shop" xmlns="urn:shop" elementFormDefault="qualified"',
    """
    <xs:element name="Shop"><xs:complexType><xs:sequence>
      <xs:element name="Name" type="xs:string"/>
      <xs:element name="Open" type="xs:boolean" minOccurs="0"/>
      <xs:element name="Items"><xs:complexType><xs:sequence>
        <xs:element name="Item" type="Item" minOccurs="0" maxOccurs="unbounded"/>
      </xs:sequence></xs:complexType></xs:element>
      <xs:element name="Tag" type="xs:string" minOccurs="0" maxOccurs="3"/>
    </xs:sequence></xs:complexType></xs:element>
    <xs:complexType name="Item"><xs:sequence>
      <xs:element name="Count" type="Small"/><xs:element name="Price" type="xs:decimal" minOccurs="0"/>
    </xs:sequence><xs:attribute name="sku" type="xs:string" use="required"/></xs:complexType>
    <xs:simpleType name="Small"><xs:restriction base="xs:int"><xs:maxInclusive value="9"/></xs:restriction>
    </xs:simpleType>""",
)
GOOD = (
    '<s:Shop xmlns:s="urn:shop"><s:Name>Ana &amp; Co</s:Name><s:Open>true</s:Open><s:Items>'
    '<s:Item sku="a"><s:Count>2</s:Count><s:Price>1.50</s:Price></s:Item></s:Items><s:Tag>x</s:Tag></s:Shop>'
)
JSON = {
    "Name": "Ana & Co",
    "Open": True,
    "Items": [{":Attribute:sku": "a", "Count": 2, "Price": 1.5}],
    "Tag": ["x"],
}


@pytest.fixture
def shop(tenant):
    tenant.put("Schemas", Shop__xsd=SHOP)
    return tenant


def test_a_document_that_fits_has_no_output(shop):
    assert shop(validate_xml, {"content": GOOD, "schema": "Shop"}) == {}


@pytest.mark.parametrize(
    "content,code,parts",
    [
        (GOOD.replace(">2<", ">20<"), "ValidationFailed", ("schema 'Shop.xsd'", "line 1", "20")),
        (GOOD.replace("<s:Name>Ana &amp; Co</s:Name>", ""), "ValidationFailed", ("Name",)),
        ("<Shop/>", "ValidationFailed", ("Shop",)),
        ("</dummy>", "InvalidXml", ("not well-formed",)),
    ],
)
def test_a_document_that_does_not_fit(shop, content, code, parts):
    with pytest.raises(ConnectorError) as caught:
        shop(validate_xml, {"content": content, "schema": "Shop"})
    assert caught.value.code == code
    for part in parts:
        assert part in caught.value.message


def test_only_the_first_faults_are_told(tenant):
    tenant.put("Schemas", N__xsd=XSD.format("", '<xs:element name="a"><xs:complexType><xs:sequence>'
        '<xs:element name="b" type="xs:int" maxOccurs="unbounded"/></xs:sequence></xs:complexType></xs:element>'))  # fmt: skip
    with pytest.raises(ConnectorError, match="and 15 more"):
        tenant(validate_xml, {"content": "<a>" + "<b>x</b>" * 20 + "</a>", "schema": "N"})


def test_schemas_include_those_beside_them_and_no_others(tenant):
    main = XSD.format("", '<xs:include schemaLocation="{}"/><xs:element name="a" type="T"/>')
    other = XSD.format("", '<xs:simpleType name="T"><xs:restriction base="xs:int"/></xs:simpleType>')
    tenant.put("Schemas", Main__xsd=main.format("./Types.xsd"), Types__xsd=other)
    assert tenant(validate_xml, {"content": "<a>1</a>", "schema": "Main"}) == {}
    assert tenant(parse_xml, {"content": "<a>1</a>", "schema": "Main"}).json == 1
    (tenant.folder / "Types2.xsd").write_text(other)
    for place in (f"{tenant.folder}/Types2.xsd", "http://127.0.0.1:9/t.xsd"):
        tenant.put("Schemas", Main__xsd=main.format(place))
        with pytest.raises(ConnectorError):
            tenant(validate_xml, {"content": "<a>1</a>", "schema": "Main"})


@pytest.mark.parametrize("schema", ["<a/>", XSD.format("", '<xs:element name="a" type="nowhere"/>'), "<"])
def test_a_schema_that_is_none(tenant, schema):
    tenant.put("Schemas", S__xsd=schema)
    with pytest.raises(ConnectorError) as caught:
        tenant(validate_xml, {"content": "<a/>", "schema": "S"})
    assert "The schema 'S.xsd'" in caught.value.message


def test_xml_becomes_json_with_the_types_of_the_schema(shop):
    assert shop(parse_xml, {"content": GOOD, "schema": "Shop"}).dump() == {"json": JSON}


def test_attributes_may_be_left_out(shop):
    settings = {"ignoreAttributes": True}
    parsed = shop(parse_xml, {"content": GOOD, "schema": "Shop", "jsonWriterSettings": settings}).json
    assert parsed["Items"] == [{"Count": 2, "Price": 1.5}]


def test_an_unknown_root_or_element_is_told(shop):
    with pytest.raises(ConnectorError, match="no element 'Other'"):
        shop(parse_xml, {"content": "<Other/>", "schema": "Shop"})
    with pytest.raises(ConnectorError, match="'Odd' in line 1"):
        shop(parse_xml, {"content": GOOD.replace("s:Name", "s:Odd"), "schema": "Shop"})


def xml_of(composed):
    envelope = composed.dump()["xml"]
    return envelope["$content-type"], base64.b64decode(envelope["$content"])


def test_json_becomes_xml_in_the_order_of_the_schema(shop):
    turned = dict(reversed(JSON.items()))
    kind, data = xml_of(shop(compose_xml, {"content": turned, "schema": "Shop"}))
    assert kind == "application/xml; charset=utf-8"
    assert data.decode() == (
        '<?xml version="1.0" encoding="utf-8"?><ns0:Shop xmlns:ns0="urn:shop"><ns0:Name>Ana &amp; Co</ns0:Name>'
        '<ns0:Open>true</ns0:Open><ns0:Items><ns0:Item sku="a"><ns0:Count>2</ns0:Count><ns0:Price>1.5</ns0:Price>'
        "</ns0:Item></ns0:Items><ns0:Tag>x</ns0:Tag></ns0:Shop>"
    )
    assert shop(parse_xml, {"content": data.decode(), "schema": "Shop"}).json == JSON


def test_another_encoding(shop):
    settings = {"encoding": "iso-8859-1"}
    content = {"Name": "é€", "Items": []}
    kind, data = xml_of(
        shop(compose_xml, {"content": content, "schema": "Shop", "xmlWriterSettings": settings})
    )
    assert kind == "application/xml; charset=iso-8859-1"
    assert b'encoding="iso-8859-1"' in data
    assert b"\xe9&#8364;" in data
    with pytest.raises(ConnectorError, match="no encoding 'x-none'"):
        shop(compose_xml, {"content": content, "schema": "Shop", "xmlWriterSettings": {"encoding": "x-none"}})


@pytest.mark.parametrize(
    "content,part",
    [
        ({"Name": "a", "Colour": 1}, "'Shop' has no member 'Colour'"),
        ({"Name": ["a"]}, "'Shop/Name' must be an object"),
        ({"Items": [{"Count": {"x": 1}}]}, "'Shop/Items/Item/Count' has no member 'x'"),
        ({"Name": "a\u0001"}, "'Shop/Name' holds a character"),
        ("text", "'Shop' must be an object"),
    ],
)
def test_json_that_does_not_fit(shop, content, part):
    with pytest.raises(ConnectorError) as caught:
        shop(compose_xml, {"content": content, "schema": "Shop"})
    assert part in caught.value.message


def test_recursive_types_have_no_end_to_reach(tenant):
    tenant.put("Schemas", Tree__xsd=XSD.format("", '<xs:element name="n" type="N"/><xs:complexType name="N">'
        '<xs:sequence><xs:element name="n" type="N" minOccurs="0"/></xs:sequence></xs:complexType>'))  # fmt: skip
    assert tenant(parse_xml, {"content": "<n><n><n/></n></n>", "schema": "Tree"}).json == {"n": {"n": {}}}
    deep = "<n>" * 5000 + "</n>" * 5000
    with pytest.raises(ConnectorError) as caught:
        tenant(parse_xml, {"content": deep, "schema": "Tree"})
    assert caught.value.code in ("LimitExceeded", "InvalidXml")


def test_the_choices_are_the_files(shop):
    assert list_schemas(context(folder=shop.folder), None) == [("Shop.xsd", "Shop.xsd")]
