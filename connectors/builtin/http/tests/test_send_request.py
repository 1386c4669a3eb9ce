"""The HTTP operation against a real server: reference 6.2, 8.1 and 8.4."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import time

import pytest
from aiohttp import web

from connectors.builtin.http.operations import SendRequest, build_url, retry_after, send_request
from connectors.sdk import Caller, ConnectorError, HttpAnswer, envelope
from connectors.sdk.testing import ScriptedNetwork, context


def answering(**arguments):
    async def answer(_):
        return web.Response(**arguments)

    return answer


async def test_json_comes_back_parsed_with_canonical_header_names(server, send):
    async def answer(_):
        return web.Response(
            body=b'\xef\xbb\xbf{"n": 1.0, "big": 12345678901234567890}',
            headers={"content-type": "application/json", "x-own": "a", "etag": "e"},
        )

    server.answer = answer
    result = await send({"method": "get", "uri": server.url})
    assert result.code == "OK"
    assert result.value["statusCode"] == 200
    assert result.value["body"] == {"n": 1.0, "big": 12345678901234567890}
    assert result.value["headers"]["ETag"] == "e"
    assert result.value["headers"]["x-own"] == "a"
    assert result.value["headers"]["Content-Length"] == "42"


async def test_repeated_headers_are_joined_and_an_empty_body_is_left_out(server, send):
    async def answer(_):
        response = web.Response(status=204)
        response.headers.add("X-A", "1")
        response.headers.add("x-a", "2")
        return response

    server.answer = answer
    result = await send({"method": "GET", "uri": server.url})
    assert result.value["headers"]["X-A"] == "1,2"
    assert "body" not in result.value
    assert result.code == "NoContent"


@pytest.mark.parametrize(
    "body,sent,content_type",
    [
        ("naïve", "naïve".encode(), "text/plain; charset=utf-8"),
        ({"a": [1, 2.0, None]}, b'{"a":[1,2.0,null]}', "application/json; charset=utf-8"),
        (17, b"17", "application/json; charset=utf-8"),
        (False, b"false", "application/json; charset=utf-8"),
        (envelope("image/png", b"\x89PNG"), b"\x89PNG", "image/png"),
    ],
)
async def test_the_default_content_type_follows_from_the_body(server, send, body, sent, content_type):
    await send({"method": "POST", "uri": server.url, "body": body})
    _, _, headers, received = server.seen[0]
    assert received == sent
    assert headers["Content-Type"] == content_type


async def test_without_a_body_there_is_no_content_type(server, send):
    await send({"method": "POST", "uri": server.url})
    assert "Content-Type" not in server.seen[0][2]


async def test_the_authors_content_type_and_its_charset_win(server, send):
    headers = {"content-type": "text/plain; charset=iso-8859-1"}
    await send({"method": "POST", "uri": server.url, "headers": headers, "body": "é"})
    assert server.seen[0][3] == b"\xe9"
    assert server.seen[0][2]["Content-Type"] == "text/plain; charset=iso-8859-1"


async def test_queries_replace_the_query_string_and_are_encoded(server, send):
    await send(
        {"method": "GET", "uri": server.url + "/a b?old=1#f", "queries": {"x y": "1&2", "n": 3, "ü": True}}
    )
    assert server.seen[0][1] == "/a%20b?x%20y=1%262&n=3&%C3%BC=True"


async def test_a_query_string_stays_where_no_queries_are_given(server, send):
    await send({"method": "GET", "uri": server.url + "/p%2Fq?a=1%20&b=%C3%BC"})
    assert server.seen[0][1] == "/p%2Fq?a=1%20&b=%C3%BC"


async def test_headers_that_belong_to_the_transport_are_not_sent(server, send):
    given = {
        "Host": "evil.example", "Content-Length": "999", "Content-Language": "de", "Cookie": "c=1",
        "Transfer-Encoding": "chunked", "Accept-Charset": "x", "Accept-Version": "7", "Accept": "text/x",
        "Content-Disposition": "inline", "Origin": "o", "X-Count": 5, "X-Nothing": None,
    }  # fmt: skip
    await send({"method": "POST", "uri": server.url, "headers": given, "cookie": "a=b", "body": "x"})
    sent = server.seen[0][2]
    assert sent["Host"].startswith("127.0.0.1")
    assert sent["Content-Length"] == "1"
    assert sent["Cookie"] == "a=b"
    assert sent["Accept"] == "text/x"
    assert sent["Accept-Version"] == "7"
    assert sent["Content-Disposition"] == "inline"
    assert sent["X-Count"] == "5"
    for name in ("Content-Language", "Transfer-Encoding", "Accept-Charset", "Origin", "X-Nothing"):
        assert name not in sent


async def test_no_accept_header_is_added(server, send):
    await send({"method": "GET", "uri": server.url})
    assert "Accept" not in server.seen[0][2]


async def test_workflow_headers_name_the_run_unless_suppressed(server, send):
    caller = Caller("id", "Ordér", "3", "run", "Call it", "track")
    await send({"method": "POST", "uri": server.url}, caller=caller, key="k1")
    sent = server.seen[0][2]
    assert sent["x-ms-workflow-run-id"] == "run"
    assert sent["x-ms-client-tracking-id"] == "track"
    assert sent["x-ms-workflow-name"] == "Ord%C3%A9r"
    assert sent["x-ms-workflow-operation-name"] == "Call it"
    await send(
        {"method": "POST", "uri": server.url}, caller=caller, options=frozenset({"suppressworkflowheaders"})
    )
    assert not [name for name in server.seen[1][2] if name.lower().startswith("x-ms-")]


async def test_the_idempotency_key_goes_out_on_post_and_patch_only(server, send):
    for method in ("POST", "PATCH", "PUT", "GET", "DELETE"):
        await send({"method": method, "uri": server.url}, key="k1")
    assert [seen[2].get("Idempotency-Key") for seen in server.seen] == ["k1", "k1", None, None, None]


async def test_an_author_may_set_or_refuse_the_idempotency_key(server, send):
    await send({"method": "POST", "uri": server.url, "headers": {"idempotency-key": "own"}}, key="k1")
    await send({"method": "POST", "uri": server.url, "headers": {"Idempotency-Key": ""}}, key="k1")
    assert server.seen[0][2]["Idempotency-Key"] == "own"
    assert "Idempotency-Key" not in server.seen[1][2]


@pytest.mark.parametrize(
    "status,code,retryable",
    [(404, "NotFound", False), (429, "429", True), (422, "422", False), (503, "ServiceUnavailable", True),
     (408, "RequestTimeout", True), (409, "Conflict", False), (302, "Found", False)],
)  # fmt: skip
async def test_what_is_not_2xx_fails_with_outputs(server, send, status, code, retryable):
    server.answer = answering(status=status, text="no", headers={"Retry-After": "7", "Location": "/else"})
    result = await send({"method": "GET", "uri": server.url})
    assert result.failed
    assert result.code == code
    assert result.retryable is retryable
    assert result.retry_after == 7.0
    assert result.value["body"] == "no"
    assert len(server.seen) == 1, "redirects are not followed"


async def test_broken_json_is_a_bad_request_without_outputs(server, send):
    server.answer = answering(body=b"{oops", content_type="application/json")
    with pytest.raises(ConnectorError) as caught:
        await send({"method": "GET", "uri": server.url})
    assert caught.value.code == "BadRequest"
    assert caught.value.message.startswith("Http request failed: the content was not a valid JSON.")


async def test_a_gzipped_answer_is_unpacked_unless_that_is_off(server, send):
    packed = gzip.compress(b"hello")
    server.answer = answering(body=packed, headers={"Content-Encoding": "gzip", "Content-Type": "text/plain"})
    result = await send({"method": "GET", "uri": server.url})
    assert result.value["body"] == "hello"
    assert "Content-Encoding" not in result.value["headers"]
    assert server.seen[0][2]["Accept-Encoding"] == "gzip, deflate"
    server.answer = answering(
        body=packed, headers={"Content-Encoding": "gzip", "Content-Type": "application/octet-stream"}
    )
    options = frozenset({"disableautomaticdecompression"})
    result = await send({"method": "GET", "uri": server.url}, options=options)
    assert base64.b64decode(result.value["body"]["$content"]) == packed
    assert result.value["headers"]["Content-Encoding"] == "gzip"


@pytest.mark.parametrize(
    "content_type,data,value",
    [
        ("text/csv", b"a,b", "a,b"),
        ("application/problem+json", b'{"a":1}', {"a": 1}),
        ("application/xml", b"<a/>", envelope("application/xml", b"<a/>")),
        ("image/png", b"\x89", envelope("image/png", b"\x89")),
        (
            "application/x-www-form-urlencoded",
            b"a=1&b=%C3%BC&a=",
            {
                **envelope("application/x-www-form-urlencoded", b"a=1&b=%C3%BC&a="),
                "$formdata": [
                    {"key": "a", "value": "1"},
                    {"key": "b", "value": "ü"},
                    {"key": "a", "value": ""},
                ],
            },
        ),
    ],
)
async def test_answers_are_converted_by_their_type(server, send, content_type, data, value):
    server.answer = answering(body=data, headers={"Content-Type": content_type})
    assert (await send({"method": "GET", "uri": server.url})).value["body"] == value


async def test_a_multipart_message_survives_a_round_trip(server, send):
    async def echo(request):
        return web.Response(
            body=await request.read(), headers={"Content-Type": request.headers["Content-Type"]}
        )

    server.answer = echo
    parts = [
        {"headers": {"Content-Disposition": "form-data; name=a"}, "body": "text\r\nwith lines"},
        {"headers": {"Content-Disposition": "form-data; name=f"}, "body": envelope("image/png", b"\x00\x01")},
    ]
    body = {"$content-type": "multipart/form-data", "$multipart": parts}
    result = await send({"method": "POST", "uri": server.url, "body": body})
    received = result.value["body"]["$multipart"]
    assert received[0]["body"] == "text\r\nwith lines"
    assert received[0]["headers"]["Content-Length"] == "16"
    assert received[1]["body"] == envelope("image/png", b"\x00\x01")


async def test_basic_and_raw_authentication_set_the_header(server, send):
    basic = {"type": "Basic", "username": "ü", "password": "p:w"}
    await send({"method": "GET", "uri": server.url, "authentication": basic})
    await send({"method": "GET", "uri": server.url, "headers": {"Authorization": "old"},
                "authentication": {"type": "Raw", "value": "Bearer t"}})  # fmt: skip
    assert server.seen[0][2]["Authorization"] == "Basic " + base64.b64encode("ü:p:w".encode()).decode()
    assert server.seen[1][2]["Authorization"] == "Bearer t"


async def test_oauth_asks_for_a_token_once_and_keeps_it():
    def answer(request):
        if request.purpose == "token":
            return HttpAnswer(200, (), b'{"access_token": "tok", "expires_in": "3600"}')
        return HttpAnswer(200, (("Content-Type", "text/plain"),), b"ok")

    network = ScriptedNetwork(answer)
    authentication = {
        "type": "ActiveDirectoryOAuth", "tenant": "t1", "audience": "https://api.example/", "clientId": "c",
        "secret": "s-once", "authority": "https://login.example/",
    }  # fmt: skip
    inputs = SendRequest.parse(
        {"method": "GET", "uri": "https://api.example/x", "authentication": authentication}
    )
    for _ in range(2):
        await send_request(context(network=network), inputs)
    assert [request.purpose for request in network.requests] == ["token", "operation", "operation"]
    assert network.requests[0].url == "https://login.example/t1/oauth2/token"
    assert b"client_secret=s-once" in network.requests[0].body
    assert dict(network.requests[1].headers)["Authorization"] == "Bearer tok"


async def test_a_refused_oauth_token_says_why_without_the_secret():
    refused = json.dumps({"error": "invalid_client", "error_description": "AADSTS7000215: wrong"}).encode()
    network = ScriptedNetwork(lambda request: HttpAnswer(401, (), refused))
    authentication = {
        "type": "ActiveDirectoryOAuth",
        "tenant": "t",
        "clientId": "c",
        "secret": "hidden-secret",
    }
    with pytest.raises(ConnectorError) as caught:
        await send_request(
            context(network=network),
            SendRequest.parse(
                {"method": "GET", "uri": "https://x.example", "authentication": authentication}
            ),
        )
    assert "AADSTS7000215" in caught.value.message
    assert "hidden-secret" not in caught.value.message


@pytest.mark.parametrize("uri", ["", "/only/a/path", "ftp://x/y", "http://", "https://[::1", "javascript:1"])
def test_what_is_no_address_is_refused_with_a_sentence(uri):
    with pytest.raises(ConnectorError) as caught:
        build_url(uri, {})
    assert caught.value.code == "BadRequest"


def test_addresses_are_written_as_they_go_onto_the_wire():
    assert build_url("HTTPS://Bücher.example/ä?q=ö", {}) == "https://xn--bcher-kva.example/%C3%A4?q=%C3%B6"
    assert build_url("http://user:pw@h.example", {}) == "http://h.example/"


async def test_a_line_break_in_a_header_is_refused(send):
    with pytest.raises(ConnectorError, match="line break"):
        await send({"method": "GET", "uri": "http://127.0.0.1:1", "headers": {"X": "a\r\nY: b"}})


async def test_a_silent_server_ends_in_a_timeout(server, send):
    async def slow(_):
        await asyncio.sleep(1)
        return web.Response()

    server.answer = slow
    with pytest.raises(ConnectorError) as caught:
        await send({"method": "GET", "uri": server.url}, deadline=time.monotonic() + 0.2)
    assert caught.value.code == "GatewayTimeout"
    assert caught.value.retryable


def test_retry_after_is_a_number_or_a_date():
    assert retry_after("12") == 12.0
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0
    assert retry_after("soon") is None
    assert retry_after(None) is None
