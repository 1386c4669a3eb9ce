"""Every end an arrival can come to, by real calls to a running server: seen in the inbox, told live, sent
again.
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from tests.designer.started import Server, call, end_of, publish, signed_in

STEP = {"Take": {"type": "Compose", "inputs": "@triggerBody()", "runAfter": {}}}
PAUSE = {
    "Pause": {"type": "Wait", "inputs": {"interval": {"count": 1, "unit": "Hour"}}, "runAfter": {}},
    **STEP,
}


async def test_every_end_of_an_arrival(server: Server, data: Path) -> None:
    async with signed_in(server) as browser:
        plain = await publish(browser, "Plain", {}, STEP)
        picky = await publish(
            browser, "Picky", {"conditions": [{"expression": "@greater(triggerBody()?['n'], 5)"}]}, STEP
        )
        splitting = await publish(browser, "Splitting", {"splitOn": "@triggerBody()?['rows']"}, STEP)
        socket_url = server.address.replace("http", "ws") + "/ws/t/acme/"
        async with browser.http.ws_connect(socket_url, origin=server.address) as socket:
            await socket.send_json({"type": "sub", "topic": "tenant:inbox"})
            assert (await socket.receive_json())["type"] == "subscribed"
            made = {
                "started": await call(browser, plain, {"n": 1}, **{"Idempotency-Key": "order-1"}),
                "deduplicated": await call(browser, plain, {"n": 1}, **{"Idempotency-Key": "order-1"}),
                "filtered": await call(browser, picky, {"n": 5}),
                "split": await call(browser, splitting, {"rows": [1, 2, 3]}),
                "rejected": await call(browser, splitting, {"rows": "none"}),
            }
            told: dict[str, str] = {}
            async with asyncio.timeout(60):
                while set(told) < set(made.values()):
                    frame = await socket.receive_json()
                    told |= {row["id"]: row["outcome"] for row in frame["data"]["arrivals"]}
        ends = {outcome: await end_of(browser, arrival) for outcome, arrival in made.items()}
        assert {outcome: end["outcome"] for outcome, end in ends.items()} == {
            outcome: outcome for outcome in made
        }
        assert {made[outcome]: outcome for outcome in made} == {id_: told[id_] for id_ in made.values()}
        assert ends["started"]["runIds"] == [made["started"]]
        assert len(ends["split"]["runIds"]) == ends["split"]["runs"] == 3
        for outcome in ("deduplicated", "filtered", "rejected"):
            assert ends[outcome]["runIds"] == []
            assert ends[outcome]["detail"].endswith("."), ends[outcome]
        runs = (await browser.ask("GET", "/t/acme/runs"))["items"]
        assert len(runs) == 4
        listed = (await browser.ask("GET", "/t/acme/inbox?outcome=rejected"))["items"]
        assert [item["id"] for item in listed] == [made["rejected"]]
        # Sent again by a person, it is admitted without asking the condition.
        again = await browser.ask("POST", f"/t/acme/inbox/{made['filtered']}/redrive", None, 202)
        assert (await end_of(browser, again["runId"]))["outcome"] == "started"
        async with browser.http.post(plain, json={}, headers={"Idempotency-Key": "x" * 201}) as answer:
            assert (answer.status, (await answer.json())["code"]) == (400, "InvalidIdempotencyKey")


async def test_what_fails_again_and_again_is_quarantined_and_can_be_sent_again(
    server: Server, data: Path
) -> None:
    limited = {"runtimeConfiguration": {"concurrency": {"runs": 1}}}
    async with signed_in(server) as browser:
        url = await publish(browser, "Limited", limited, PAUSE)
        first = await call(browser, url, {"n": 1})
        assert (await end_of(browser, first))["outcome"] == "started"
        second = await call(browser, url, {"n": 2})
        await asyncio.sleep(0.5)
        assert (await browser.ask("GET", f"/t/acme/inbox/{second}"))["outcome"] == "new"
        # What waits becomes unreadable, and four attempts are behind it.
        key = second.replace("-", "")
        with closing(sqlite3.connect(data / "millrace.sqlite3", timeout=10)) as database:
            (record,) = database.execute("SELECT record FROM runtime_inbox WHERE id = ?", (key,)).fetchone()
            database.execute("UPDATE runtime_inbox SET record = x'7f', attempts = 4 WHERE id = ?", (key,))
            database.commit()
            await browser.ask("POST", f"/t/acme/runs/{first}/cancel", None, 202)
            end = {"outcome": "new"}
            for _ in range(200):
                found = (await browser.ask("GET", "/t/acme/inbox?outcome=quarantined"))["items"]
                if found:
                    end = found[0]
                    break
                await asyncio.sleep(0.05)
            assert (end["id"], end["outcome"]) == (second, "quarantined"), end
            database.execute("UPDATE runtime_inbox SET record = ? WHERE id = ?", (record, key))
            database.commit()
        again = await browser.ask("POST", f"/t/acme/inbox/{second}/redrive", None, 202)
        assert (await end_of(browser, again["runId"]))["outcome"] == "started"
        trigger = await browser.ask("GET", f"/t/acme/runs/{again['runId']}/trigger")
        assert trigger["outputs"]["body"] == {"n": 2}
