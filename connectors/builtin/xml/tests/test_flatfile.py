"""Delimited and positional records, both ways."""

from __future__ import annotations

import pytest

from connectors.builtin.xml.operations import decode_flat_file, encode_flat_file
from connectors.sdk import ConnectorError

HEAD = (
    '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:b="http://schemas.microsoft.com/BizTalk/2003" '
    'targetNamespace="urn:f" xmlns="urn:f"><xs:annotation><xs:appinfo>'
    '<b:schemaInfo standard="Flat File" root_reference="File" {}/></xs:appinfo></xs:annotation>'
)


def note(kind, **attributes):
    written = " ".join(f'{name}="{value}"' for name, value in attributes.items())
    return f"<xs:annotation><xs:appinfo><b:{kind} {written}/></xs:appinfo></xs:annotation>"


def field(name, occurs="", kind="string", **attributes):
    inner = note("fieldInfo", **attributes) if attributes else ""
    return f'<xs:element name="{name}" type="xs:{kind}" {occurs}>{inner}</xs:element>'


def record(name, *parts, occurs="", **attributes):
    inner = "".join(parts)
    return (
        f'<xs:element name="{name}" {occurs}>{note("recordInfo", **attributes)}<xs:complexType><xs:sequence>'
        f"{inner}</xs:sequence></xs:complexType></xs:element>"
    )


def schema(*parts, info="", **attributes):
    return HEAD.format(info) + record("File", *parts, **attributes) + "</xs:schema>"


LINES = {"structure": "delimited", "child_delimiter_type": "hex", "child_delimiter": "0x0D 0x0A",
         "child_order": "infix"}  # fmt: skip
COMMA = {
    "structure": "delimited",
    "child_delimiter_type": "char",
    "child_delimiter": ",",
    "child_order": "infix",
}
MANY = 'minOccurs="0" maxOccurs="unbounded"'
QUOTED = {"wrap_char_type": "char", "wrap_char": "&quot;"}
CSV = schema(
    record("Head", field("Batch"), field("Day"), tag_name="H", **{**COMMA, "child_order": "prefix"}),
    record("Line", field("Sku"), field("Text", **QUOTED), field("Count", occurs='minOccurs="0"'), occurs=MANY, **COMMA),
    **LINES,
)  # fmt: skip
CSV_TEXT = 'H,b1,2026-01-02\r\na,"x, ""y""\r\nz",3\r\nb,plain,\r\n'
CSV_XML = (
    '<ns0:File xmlns:ns0="urn:f"><Head><Batch>b1</Batch><Day>2026-01-02</Day></Head>'
    '<Line><Sku>a</Sku><Text>x, "y"\nz</Text><Count>3</Count></Line>'
    "<Line><Sku>b</Sku><Text>plain</Text><Count/></Line></ns0:File>"
)
FIXED = schema(
    record(
        "Row",
        field("Name", pos_offset=0, pos_length=6),
        field(
            "Amount", justification="right", pad_char_type="char", pad_char="0", pos_offset=1, pos_length=5
        ),
        field("Code", pos_offset=0, pos_length=2),
        occurs=MANY,
        structure="positional",
        tag_name="R",
        tag_offset="0",
    ),
    **{**LINES, "child_delimiter": "0x0A", "child_order": "postfix"},
)
FIXED_TEXT = "RAna    00012EU\nRBo     00000\n"
FIXED_XML = (
    '<ns0:File xmlns:ns0="urn:f"><Row><Name>Ana</Name><Amount>12</Amount><Code>EU</Code></Row>'
    "<Row><Name>Bo</Name><Amount>0</Amount><Code/></Row></ns0:File>"
)


@pytest.fixture
def flat(tenant):
    def call(text, operation, content, **inputs):
        tenant.put("Schemas", S__xsd=text)
        return tenant(operation, {"content": content, "schema": "S.xsd", **inputs})["body"]

    return call


@pytest.mark.parametrize(
    "text,content,xml",
    [(CSV, CSV_TEXT, CSV_XML.replace("\nz", "&#13;\nz")), (FIXED, FIXED_TEXT, FIXED_XML)],
    ids=["delimited", "positional"],
)
def test_text_becomes_xml(flat, text, content, xml):
    assert flat(text, decode_flat_file, content) == xml


def test_xml_becomes_delimited_text(flat):
    assert flat(CSV, encode_flat_file, CSV_XML) == 'H,b1,2026-01-02\r\na,"x, ""y""\nz",3\r\nb,plain,'


def test_xml_becomes_positional_text(flat):
    assert flat(FIXED, encode_flat_file, FIXED_XML) == FIXED_TEXT.replace("00000", "00000  ")


@pytest.mark.parametrize("order,text", [("infix", "a;b"), ("prefix", ";a;b"), ("postfix", "a;b;")])
def test_the_order_of_delimiters(flat, order, text):
    made = schema(field("A"), field("B"), structure="delimited", child_delimiter_type="char",
                  child_delimiter=";", child_order=order)  # fmt: skip
    xml = '<ns0:File xmlns:ns0="urn:f"><A>a</A><B>b</B></ns0:File>'
    assert flat(made, decode_flat_file, text) == xml
    assert flat(made, encode_flat_file, xml) == text


def test_escapes_and_defaults_of_the_schema(flat):
    info = 'default_child_delimiter_type="char" default_child_delimiter="|" default_child_order="infix"'
    made = schema(field("A"), field("B"), info=info, structure="delimited", child_delimiter_type="default",
                  child_order="default", escape_char_type="char", escape_char="\\")  # fmt: skip
    xml = '<ns0:File xmlns:ns0="urn:f"><A>x|y\\z</A><B>b</B></ns0:File>'
    assert flat(made, decode_flat_file, r"x\|y\\z|b") == xml
    assert flat(made, encode_flat_file, xml) == r"x\|y\\z|b"


HEAD_AND_LINES = schema(
    record(
        "Order",
        record("Head", field("Id"), tag_name="H", **{**COMMA, "child_order": "prefix"}),
        record(
            "Lines", record("Line", field("Sku"), field("Count"), occurs=MANY, tag_name="L", **COMMA), **LINES
        ),
        occurs=MANY,
        **LINES,
    ),
    record("End", field("Total"), tag_name="T", **{**COMMA, "child_order": "prefix"}),
    **LINES,
)


def xml_of(*parts):
    return f'<ns0:File xmlns:ns0="urn:f">{"".join(parts)}</ns0:File>'


def test_records_inside_each_other_with_one_delimiter(flat):
    text = "H,1\r\nLa,2\r\nLb,3\r\nH,2\r\nLc,4\r\nT,3"
    line = "<Line><Sku>{}</Sku><Count>{}</Count></Line>".format
    xml = xml_of(
        f"<Order><Head><Id>1</Id></Head><Lines>{line('a', 2)}{line('b', 3)}</Lines></Order>",
        f"<Order><Head><Id>2</Id></Head><Lines>{line('c', 4)}</Lines></Order>",
        "<End><Total>3</Total></End>",
    )
    assert flat(HEAD_AND_LINES, decode_flat_file, text) == xml
    assert flat(HEAD_AND_LINES, decode_flat_file, text + "\r\n") == xml
    assert flat(HEAD_AND_LINES, encode_flat_file, xml) == text
    with pytest.raises(ConnectorError, match="'Lines' was expected; there is 'X'"):
        flat(HEAD_AND_LINES, decode_flat_file, "H,1\r\nX\r\nT,3")
    with pytest.raises(ConnectorError, match="'End' was expected; there is 'X'"):
        flat(HEAD_AND_LINES, decode_flat_file, "H,1\r\nLa,2\r\nX\r\nT,3")


SEMICOLON = {"structure": "delimited", "child_delimiter_type": "char", "child_delimiter": ";"}


@pytest.mark.parametrize("tag", ["", "P"])
@pytest.mark.parametrize(
    "order,text",
    [("infix", "x;{}a;b;{}c;d;z"), ("prefix", "x;{};a;b;{};c;d;z"), ("postfix", "x;{}a;b;;{}c;d;;z")],
)
def test_a_record_takes_as_many_pieces_as_it_has_parts(flat, order, text, tag):
    more = {"tag_name": tag} if tag else {}
    made = schema(
        field("X"),
        record("Pair", field("A"), field("B"), occurs=MANY, child_order=order, **more, **SEMICOLON),
        field("Z"),
        child_order="infix",
        **SEMICOLON,
    )
    pair = "<Pair><A>{}</A><B>{}</B></Pair>".format
    xml = xml_of("<X>x</X>", pair("a", "b"), pair("c", "d"), "<Z>z</Z>")
    text = text.format(tag, tag)
    assert flat(made, decode_flat_file, text) == xml
    assert flat(made, encode_flat_file, xml) == text
    assert flat(made, decode_flat_file, "x;z") == xml_of("<X>x</X>", "<Z>z</Z>")


def test_wrapped_and_escaped_delimiters_of_shared_records(flat):
    pair = record("Pair", field("A", **QUOTED), field("B"), child_order="infix", **SEMICOLON)
    made = schema(
        pair, field("Z"), child_order="infix", escape_char_type="char", escape_char="\\", **SEMICOLON
    )
    xml = xml_of("<Pair><A>a;1</A><B>b;2</B></Pair><Z>z</Z>")
    assert flat(made, decode_flat_file, '"a;1";b\\;2;z') == xml
    assert flat(made, encode_flat_file, xml) == '"a;1";b\\;2;z'


def test_a_delimiter_from_further_outside_is_refused(flat):
    inner = record("Inner", field("A"), field("B"), child_order="infix", **SEMICOLON)
    made = schema(record("Row", inner, field("C"), **COMMA), child_order="infix", **SEMICOLON)
    xml = xml_of("<Row><Inner><A>a</A><B>b</B></Inner><C>c</C></Row>")
    assert flat(made, encode_flat_file, xml) == "a;b,c"
    with pytest.raises(ConnectorError) as caught:
        flat(made, decode_flat_file, "a;b,c")
    assert caught.value.code == "InvalidSchema"
    assert "'Inner' of 'S.xsd' has the delimiter ';' of a record further outside" in caught.value.message
    single = schema(
        record("Row", record("Inner", field("A"), child_order="infix", **SEMICOLON), field("C"), **COMMA),
        child_order="infix", **SEMICOLON,
    )  # fmt: skip
    assert flat(single, decode_flat_file, "a,c") == xml_of("<Row><Inner><A>a</A></Inner><C>c</C></Row>")


def test_many_shared_records_take_time_in_proportion(flat):
    text = "".join(f"H,{number}\r\nLa,2\r\n" for number in range(20_000)) + "T,3"
    assert flat(HEAD_AND_LINES, decode_flat_file, text).count("<Order>") == 20_000


def test_records_are_told_apart_by_their_tags(flat):
    made = schema(
        record("In", field("A"), occurs=MANY, tag_name="I:", **COMMA),
        record("Out", field("A"), occurs='minOccurs="0"', tag_name="O:", **COMMA),
        **LINES,
    )
    xml = '<ns0:File xmlns:ns0="urn:f"><In><A>1</A></In><In><A>2</A></In><Out><A>3</A></Out></ns0:File>'
    assert flat(made, decode_flat_file, "I:1\r\nI:2\r\nO:3") == xml
    assert flat(made, encode_flat_file, xml) == "I:1\r\nI:2\r\nO:3"
    with pytest.raises(ConnectorError) as caught:
        flat(made, decode_flat_file, "I:1\r\nX:9")
    assert caught.value.code == "InvalidFlatFile"
    assert "'X:9'" in caught.value.message


def test_attributes_are_fields_and_stand_where_their_number_says(flat):
    made = HEAD.format("") + (
        f'<xs:element name="File">{note("recordInfo", **COMMA)}<xs:complexType><xs:sequence>'
        f"{field('B', sequence_number=2)}</xs:sequence>"
        f'<xs:attribute name="a" type="xs:string">{note("fieldInfo", sequence_number=1)}</xs:attribute>'
        "</xs:complexType></xs:element></xs:schema>"
    )
    assert flat(made, decode_flat_file, "1,2") == '<ns0:File xmlns:ns0="urn:f" a="1"><B>2</B></ns0:File>'
    assert flat(made, encode_flat_file, '<n:File xmlns:n="urn:f" a="1"><B>2</B></n:File>') == "1,2"


def test_empty_nodes(flat):
    made = schema(field("A"), record("R", field("X"), occurs='minOccurs="0"', tag_name="R", **{**COMMA, "child_order": "prefix"}),
                  **{**COMMA, "child_delimiter": ";"})  # fmt: skip
    xml = '<ns0:File xmlns:ns0="urn:f"><A>1</A></ns0:File>'
    assert flat(made, encode_flat_file, xml) == "1"
    assert flat(made, encode_flat_file, xml, emptyNodeGenerationMode="ForcedEnabled") == "1;R,"
    quiet = made.replace("standard=", 'suppress_empty_nodes="true" generate_empty_nodes="false" standard=')
    assert flat(quiet, encode_flat_file, xml, emptyNodeGenerationMode="HonorSchemaNodeProperty") == "1"
    assert flat(quiet, decode_flat_file, ";R,x") == '<ns0:File xmlns:ns0="urn:f"><R><X>x</X></R></ns0:File>'


@pytest.mark.parametrize(
    "text,operation,content,code,part",
    [
        (CSV, decode_flat_file, "X,1,2\r\n", "InvalidFlatFile", "'Head' was expected; there is 'X,1,2'"),
        (CSV, decode_flat_file, "H,1,2\r\na,b,c,d", "InvalidFlatFile", "'Line' has text that fits none"),
        (FIXED, encode_flat_file, FIXED_XML.replace("Ana", "Annabel"), "InvalidContent", "7 characters"),
        (CSV, encode_flat_file, CSV_XML.replace("b1", "b,1"), "InvalidContent", "holds the delimiter ','"),
        (CSV, encode_flat_file, "<Other/>", "InvalidContent", "describes 'File'"),
        (CSV, decode_flat_file, "H,\x01,2", "InvalidFlatFile", "U+0001"),
        (
            '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="a"/></xs:schema>',
            decode_flat_file,
            "x",
            "InvalidSchema",
            "does not describe a flat file",
        ),
    ],
)
def test_what_does_not_fit_is_told(flat, text, operation, content, code, part):
    with pytest.raises(ConnectorError) as caught:
        flat(text, operation, content)
    assert caught.value.code == code
    assert part in caught.value.message


def test_a_long_file_takes_time_in_proportion(flat):
    body = flat(CSV, decode_flat_file, "H,b,d\r\n" + 'a,"x",1\r\n' * 50_000)
    assert body.count("<Line>") == 50_000
