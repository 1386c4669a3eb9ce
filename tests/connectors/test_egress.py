"""Every connection goes to an address that was checked: names, literals, redirects, rebinding."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys

import pytest
from aiohttp import web

from connectors.egress import Egress, private_addresses_allowed, refusal
from connectors.sdk import ConnectionRefused, ConnectorError, HttpRequest

NEVER = """
169.254.169.254 fe80::1 fe80::1%eth0 ::ffff:169.254.169.254 64:ff9b::a9fe:a9fe 168.63.129.16 fd00:ec2::254
0.0.0.0 :: 224.0.0.1 ff02::1 255.255.255.255 100.100.100.200
"""


@pytest.mark.parametrize("address", NEVER.split())
def test_some_addresses_are_never_allowed(address):
    assert refusal(address, allow_private=True) is not None


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "127.9.9.9", "::1", "10.0.0.1", "172.16.3.4", "192.168.1.1", "fd12::1", "100.64.0.1",
     "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "::ffff:127.0.0.1"],
)  # fmt: skip
def test_private_addresses_need_permission(address):
    assert refusal(address, allow_private=False) is not None
    assert refusal(address, allow_private=True) is None


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "8.8.8.8"])
def test_public_addresses_are_allowed(address):
    assert refusal(address, allow_private=False) is None


@pytest.fixture
async def port():
    async def answer(_):
        return web.Response(status=302, headers={"Location": "http://169.254.169.254/latest"})

    application = web.Application()
    application.router.add_get("/", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0][1]
    await runner.cleanup()


async def refused(network, url):
    try:
        with pytest.raises(ConnectionRefused) as caught:
            await network.send(HttpRequest("GET", url, timeout=5))
    finally:
        await network.close()
    assert caught.value.code == "AddressNotAllowed"
    assert not caught.value.retryable
    return caught.value.message


async def test_a_loopback_literal_is_refused_although_no_name_is_resolved(port):
    assert "127.0.0.1" in await refused(Egress(allow_private=False), f"http://127.0.0.1:{port}/")


async def test_a_name_that_leads_inside_is_refused(port):
    async def lookup(host, _):
        return ["127.0.0.1"]

    message = await refused(Egress(allow_private=False, lookup=lookup), f"http://inside.example:{port}/")
    assert "inside.example (127.0.0.1)" in message


async def test_metadata_is_refused_even_where_private_is_allowed():
    await refused(Egress(allow_private=True), "http://169.254.169.254/latest/meta-data")


async def test_a_name_is_looked_up_once_so_rebinding_has_no_second_answer(port):
    asked = []

    async def lookup(host, _):
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    network = Egress(allow_private=True, lookup=lookup)
    answer = await network.send(HttpRequest("GET", f"http://flip.example:{port}/", timeout=5))
    await network.close()
    assert answer.status == 302, "the redirect is an answer, not followed"
    assert asked == ["flip.example"]


async def test_only_the_allowed_addresses_of_a_name_are_used(port):
    async def lookup(host, _):
        return ["169.254.1.1", "127.0.0.1"]

    network = Egress(allow_private=True, lookup=lookup)
    answer = await network.send(HttpRequest("GET", f"http://two.example:{port}/", timeout=5))
    await network.close()
    assert answer.status == 302


async def test_a_name_without_an_address_has_its_code():
    async def lookup(host, _):
        raise socket.gaierror(-2, "Name or service not known")

    network = Egress(allow_private=True, lookup=lookup)
    with pytest.raises(ConnectorError) as caught:
        await network.send(HttpRequest("GET", "http://nowhere.example/", timeout=5))
    await network.close()
    assert caught.value.code == "UnresolvableHostName"
    assert caught.value.message == "The provided host name 'nowhere.example' could not be resolved."
    assert caught.value.retryable


async def test_a_closed_port_is_a_failure_worth_another_try():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = free.getsockname()[1]
    network = Egress(allow_private=True)
    with pytest.raises(ConnectorError) as caught:
        await network.send(HttpRequest("GET", f"http://127.0.0.1:{number}/", timeout=5))
    assert caught.value.retryable
    assert caught.value.code == "BadGateway"
    with pytest.raises(ConnectorError):
        await network.connect("127.0.0.1", number, 5)
    await network.close()


async def test_plain_sockets_go_through_the_same_check(port):
    with pytest.raises(ConnectionRefused):
        await Egress(allow_private=False).connect("127.0.0.1", port, 5)
    opened = await Egress(allow_private=True).connect("localhost", port, 5)
    assert opened.getpeername()[1] == port
    opened.close()


async def test_an_answer_that_is_too_large_is_cut_off(port):
    async def large(_):
        return web.Response(body=b"x" * 200_000)

    application = web.Application()
    application.router.add_get("/", large)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    network = Egress(allow_private=True)
    with pytest.raises(ConnectorError, match="larger than"):
        await network.send(
            HttpRequest("GET", f"http://127.0.0.1:{runner.addresses[0][1]}/", timeout=5, max_bytes=100_000)
        )
    await network.close()
    await runner.cleanup()
    await asyncio.sleep(0)


def test_the_setting_names_tenants(monkeypatch, settings):
    settings.LOOPBACK_ONLY, settings.EMBEDDED = True, True
    monkeypatch.delenv("MILLRACE_PRIVATE_ADDRESSES", raising=False)
    assert private_addresses_allowed("a")
    settings.EMBEDDED = False
    assert not private_addresses_allowed("a")
    monkeypatch.setenv("MILLRACE_PRIVATE_ADDRESSES", "a, b")
    assert private_addresses_allowed("b")
    assert not private_addresses_allowed("c")
    monkeypatch.setenv("MILLRACE_PRIVATE_ADDRESSES", "refuse")
    settings.EMBEDDED = True
    assert not private_addresses_allowed("a")


@pytest.mark.parametrize(
    "listen,public,alone",
    [
        ("127.0.0.1", "", "True"),
        ("127.0.0.1", "http://localhost:8000", "True"),
        ("127.0.0.1", "https://flows.example", "False"),
        ("0.0.0.0", "", "False"),
        ("0.0.0.0", "http://localhost", "False"),
    ],
)
def test_a_server_with_a_public_address_is_not_alone(listen, public, alone):
    """Behind a proxy on the same machine it listens on loopback, and the world comes in."""
    environment = {**os.environ, "MILLRACE_HOST": listen, "MILLRACE_PUBLIC_URL": public}
    code = "from designer import settings; print(settings.LOOPBACK_ONLY)"
    found = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == alone
