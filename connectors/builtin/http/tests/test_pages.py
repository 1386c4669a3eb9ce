"""Pagination: whole pages until there are enough items (reference 8.5)."""

from __future__ import annotations

import json

import pytest

from connectors.builtin.http.operations import RESPONSE_LIMIT, SendRequest, send_request
from connectors.sdk import HttpAnswer
from connectors.sdk.testing import ScriptedNetwork, context

JSON = ("Content-Type", "application/json")
FIRST = "https://api.example/items?$top=2"


def page(value, link=None, status=200, header=None):
    body = {"value": value, "@odata.context": "c", **({"@odata.nextLink": link} if link else {})}
    headers = (JSON, ("Link", header)) if header else (JSON,)
    return HttpAnswer(status, headers, json.dumps(body).encode())


async def collect(pages, minimum, **inputs):
    network = ScriptedNetwork(lambda request: pages[request.url])
    request = SendRequest.parse({"method": "GET", "uri": FIRST, **inputs})
    answer = await send_request(context(network=network, minimum_items=minimum), request)
    return answer, network.requests


THREE = {
    FIRST: page([1, 2], "https://api.example/items?page=2"),
    "https://api.example/items?page=2": page([3, 4], "/items?page=3"),
    "https://api.example/items?page=3": page([5]),
}


@pytest.mark.parametrize(
    "minimum,items",
    [(None, [1, 2]), (2, [1, 2]), (3, [1, 2, 3, 4]), (5, [1, 2, 3, 4, 5]), (99, [1, 2, 3, 4, 5])],
)
async def test_whole_pages_are_put_together(minimum, items):
    answer, requests = await collect(THREE, minimum)
    assert answer.value["body"]["value"] == items
    assert answer.value["body"]["@odata.context"] == "c"
    assert ("@odata.nextLink" in answer.value["body"]) is (minimum is None)
    assert len(requests) == max(1, (len(items) + 1) // 2)


async def test_a_list_with_a_link_header():
    pages = {
        FIRST: HttpAnswer(200, (JSON, ("link", '</a>; rel="prev", </b>; rel="next"')), b"[1]"),
        "https://api.example/b": HttpAnswer(200, (JSON,), b"[2]"),
    }
    answer, _ = await collect(pages, 10)
    assert answer.value["body"] == [1, 2]


async def test_a_page_that_fails_is_the_answer():
    pages = {FIRST: page([1], "/b"), "https://api.example/b": page([], status=500)}
    answer, _ = await collect(pages, 10)
    assert (answer.failed, answer.code, answer.retryable) == (True, "InternalServerError", True)


async def test_a_link_to_itself_ends():
    answer, requests = await collect({FIRST: page([1], FIRST)}, 10)
    assert answer.value["body"]["value"] == [1]
    assert len(requests) == 1


async def test_credentials_stay_with_the_first_server():
    pages = {FIRST: page([1], "https://other.example/b"), "https://other.example/b": page([2])}
    authentication = {"type": "Basic", "username": "u", "password": "p"}
    _, requests = await collect(pages, 10, authentication=authentication, cookie="a=b")
    assert {"Authorization", "Cookie"} <= {name for name, _ in requests[0].headers}
    assert not {"Authorization", "Cookie"} & {name for name, _ in requests[1].headers}


async def test_keys_in_headers_of_any_name_stay_with_the_first_server():
    pages = {FIRST: page([1], "https://other.example/b"), "https://other.example/b": page([2])}
    headers = {"X-Api-Key": "k", "Ocp-Apim-Subscription-Key": "k", "Prefer": "odata"}
    _, requests = await collect(pages, 10, headers=headers)
    assert {"X-Api-Key", "Ocp-Apim-Subscription-Key", "Prefer"} <= {name for name, _ in requests[0].headers}
    assert {name for name, _ in requests[1].headers} == {"Prefer", "Accept-Language", "User-Agent"}


async def test_the_usual_port_may_be_written_or_not():
    pages = {FIRST: page([1], "https://api.example:443/b"), "https://api.example:443/b": page([2])}
    _, requests = await collect(pages, 10, headers={"X-Api-Key": "k"})
    assert dict(requests[1].headers)["X-Api-Key"] == "k"


async def test_all_pages_together_are_bounded():
    second = "https://api.example/items?page=2"
    _, requests = await collect(THREE, 99)
    first_size, second_size = len(THREE[FIRST].body), len(THREE[second].body)
    limits = [request.max_bytes for request in requests]
    assert limits == [RESPONSE_LIMIT, RESPONSE_LIMIT - first_size, RESPONSE_LIMIT - first_size - second_size]


async def test_what_is_no_list_is_left_alone():
    answer, _ = await collect({FIRST: HttpAnswer(200, (JSON,), b'{"nextLink": "/b"}')}, 10)
    assert answer.value["body"] == {"nextLink": "/b"}
