"""Every template, run: what it answers, asks, files and sends."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.designer.templates.stage import NOW, Stage, answer, answers, sent_to, statuses, text_of


async def test_uptime_check_tells_only_of_changes(stage: Stage):
    address = "https://shop.example/"
    up, down = answers(address), answers(address, status=503)

    async def check(mock: dict[str, Any]) -> int:
        await stage.run("uptime-check", mocks=[mock], address=address)
        return len(stage.mail.messages)

    assert await check(up) == 0
    assert await check(down) == 1
    assert await check(down) == 1
    assert await check(up) == 2
    (_, first, text), (_, second, _) = stage.mail.told()
    assert (first, second) == (f"{address} is down", f"{address} is up")
    assert "Last answer: 503" in text
    assert stage.read("uptime/example.txt") == "up"


async def test_uptime_check_tries_again_before_it_alarms(stage: Stage):
    address = "https://shop.example/"
    mocks = [answers(address, status=503, calls=[1]), answers(address)]
    done = await stage.run("uptime-check", mocks=mocks, address=address)
    assert len(done.requests) == 2
    assert stage.mail.messages == []


async def test_nightly_cleanup_deletes_what_is_old(stage: Stage):
    old, young = stage.put("exports/2026/old.csv", "1"), stage.put("exports/young.csv", "2")
    elsewhere = stage.put("other/old.csv", "3")
    for place, days in ((old, 40), (young, 3), (elsewhere, 40)):
        moment = (NOW - timedelta(days=days)).timestamp()
        os.utime(place, (moment, moment))
    await stage.run("nightly-cleanup")
    assert stage.files() == ["exports/young.csv", "logs/clean-up.log", "other/old.csv"]
    # The folder 2026 is listed too.
    assert stage.read("logs/clean-up.log") == "2027-03-03 09:00:00 deleted 1 of 3 files in exports\n"


async def test_form_to_csv_adds_lines_below_one_heading(stage: Stage):
    first = {"name": "Ann", "email": "ann@x.example", "message": 'Hello, "you"\nthere'}
    assert answer(await stage.run("form-to-csv", first)) == (200, {"received": True})
    await stage.run("form-to-csv", {"name": "Bo", "email": "bo@x.example"})
    assert stage.read("forms/contact.csv") == (
        "Received,Name,Email,Message\r\n"
        '2027-03-03 09:00:00,Ann,ann@x.example,"Hello, ""you""\nthere"\r\n'
        "2027-03-03 09:00:00,Bo,bo@x.example,\r\n"
    )
    status, body = answer(await stage.run("form-to-csv", {"name": "Cy"}))
    assert status == 400
    assert body["received"] is False
    assert stage.read("forms/contact.csv").count("\r\n") == 3


async def test_webhook_relay_goes_on_until_it_is_taken(stage: Stage):
    url = "https://erp.example/in"
    mocks = [answers(url, status=503, calls=[1, 2, 3]), answers(url)]
    done = await stage.run("webhook-relay", {"a": 1}, mocks=mocks, target=url)
    assert answer(done)[0] == 202
    assert sent_to(done, url) == [{"a": 1}] * 4
    assert statuses(done)["File_undelivered"] == "Skipped"
    assert stage.files() == []


async def test_webhook_relay_files_what_nobody_takes(stage: Stage):
    url = "https://erp.example/in"
    done = await stage.run("webhook-relay", {"a": 1}, mocks=[answers(url, status=503)], target=url)
    assert answer(done)[0] == 202
    assert len(done.requests) == 9
    (path,) = stage.files()
    filed = json.loads(stage.read(path))
    assert path.startswith("undelivered/")
    assert (filed["reason"], filed["body"], filed["target"]) == (503, {"a": 1}, url)


async def approval(stage: Stage, callbacks: dict[str, Any]) -> tuple[Any, Any]:
    """What the mailer was asked, and the decision that was told."""
    mocks = [answers("https://x.example/mail", {}), answers("https://x.example/told", {})]
    done = await stage.run("approval-by-email", {"title": "New desk", "requestedBy": "Ann"},
                           mocks=mocks, callbacks=callbacks, mailer="https://x.example/mail",
                           resultUrl="https://x.example/told", approver="boss@x.example")  # fmt: skip
    assert answer(done)[0] == 202
    (asked,) = sent_to(done, "https://x.example/mail")
    (told,) = sent_to(done, "https://x.example/told")
    return asked, told


async def test_approval_waits_for_a_link(stage: Stage):
    for decision in ("approved", "rejected"):
        clicked = {"statusCode": 200, "headers": {}, "queries": {"decision": decision}}
        asked, told = await approval(stage, {"Ask_and_wait": clicked})
        assert asked["to"] == "boss@x.example"
        assert asked["approveUrl"].endswith("decision=approved")
        assert asked["rejectUrl"].endswith("decision=rejected")
        assert asked["approveUrl"].startswith("https://localhost/callbacks/")
        assert (told["decision"], told["request"]["title"]) == (decision, "New desk")


async def test_approval_runs_out_after_three_days(stage: Stage):
    _, told = await approval(stage, {})
    assert told["decision"] == "expired"
    assert told["decidedAt"].startswith("2027-03-06")


async def test_approval_without_the_word_is_no_approval(stage: Stage):
    _, told = await approval(stage, {"Ask_and_wait": {"statusCode": 200, "headers": {}}})
    assert told["decision"] == "rejected"


async def test_decision_email_has_two_links(stage: Stage):
    question = {
        "to": "boss@x.example", "title": "A <big> desk", "details": "Oak & steel", "requestedBy": "Ann",
        "approveUrl": "https://x.example/?a=1&d=yes", "rejectUrl": "https://x.example/?a=1&d=no",
    }  # fmt: skip
    assert answer(await stage.run("decision-email", question)) == (200, {"sent": True})
    (message,) = stage.mail.messages
    assert (message["To"], message["Subject"]) == ("boss@x.example", "Please decide: A <big> desk")
    html = text_of(message)
    assert "A &lt;big&gt; desk" in html
    assert "Oak &amp; steel" in html
    assert 'href="https://x.example/?a=1&amp;d=yes"' in html

    stage.mail.refusing = True
    assert answer(await stage.run("decision-email", question))[0] == 502


async def test_batch_import_tells_of_each_row(stage: Stage):
    url = "https://erp.example/items"
    mocks = [answers(url, {"error": "no"}, 422, calls=[2]), answers(url, {"id": 7})]
    done = await stage.run("batch-import", [{"n": 1}, {"n": 2}, {"n": 2}], mocks=mocks, target=url)
    status, body = answer(done)
    assert status == 207
    assert isinstance(body, dict)
    assert (body["records"], body["failed"]) == (3, 1)
    assert [row["row"] for row in body["rows"]] == [1, 2, 3]
    assert sum(row["ok"] for row in body["rows"]) == 2
    assert sorted(str(row) for row in sent_to(done, url)) == ["{'n': 1}", "{'n': 2}", "{'n': 2}"]


async def test_batch_import_of_good_rows_and_of_none(stage: Stage):
    url = "https://erp.example/items"
    assert answer(await stage.run("batch-import", [{}], mocks=[answers(url, {})], target=url))[0] == 200
    assert answer(await stage.run("batch-import", [], target=url)) == (
        200,
        {"records": 0, "failed": 0, "rows": []},
    )


async def test_api_aggregation_leaves_out_what_is_away(stage: Stage):
    base = "https://x.example"
    urls = {"customersUrl": f"{base}/c", "ordersUrl": f"{base}/o", "ticketsUrl": f"{base}/t"}
    customer, orders = answers(f"{base}/c/a%2F1", {"name": "Ann"}), answers(f"{base}/o", [1, 2])
    tickets, away = answers(f"{base}/t", []), answers(f"{base}/t", status=500)
    done = await stage.run("api-aggregation", {"id": "a/1"}, mocks=[customer, orders, tickets], **urls)
    assert answer(done) == (
        200,
        {"customer": {"name": "Ann"}, "orders": [1, 2], "tickets": [], "complete": True},
    )
    done = await stage.run("api-aggregation", {"id": "a/1"}, mocks=[customer, orders, away], **urls)
    assert answer(done) == (
        200,
        {"customer": {"name": "Ann"}, "orders": [1, 2], "tickets": None, "complete": False},
    )


async def test_try_catch_finally(stage: Stage):
    work, clean = answers("https://x.example/work", {"id": 5}), answers("https://x.example/done", {})
    urls = {"workUrl": "https://x.example/work", "cleanUpUrl": "https://x.example/done"}
    done = await stage.run("try-catch-finally", {"a": 1}, mocks=[work, clean], **urls)
    assert answer(done) == (200, {"ok": True, "result": {"id": 5}})
    assert statuses(done)["Catch"] == "Skipped"
    assert sent_to(done, urls["cleanUpUrl"])[0]["status"] == "Succeeded"  # type: ignore[call-overload,index]
    assert stage.mail.messages == []

    broken = answers("https://x.example/work", {"error": "boom"}, 500)
    done = await stage.run("try-catch-finally", {"a": 1}, mocks=[broken, clean], **urls)
    status, body = answer(done)
    assert status == 502
    assert isinstance(body, dict)
    assert str(body["reason"]).startswith("Do_the_work: ")
    assert sent_to(done, urls["cleanUpUrl"])[0]["status"] == "Failed"  # type: ignore[call-overload,index]
    ((_, subject, text),) = stage.mail.told()
    assert subject == "rehearsal failed"
    assert text.startswith("Do_the_work: ")


async def test_daily_digest_sends_what_is_new(stage: Stage):
    url = "https://x.example/news"
    news = [
        {"title": "Old", "url": "https://x.example/1", "createdAt": "2027-03-01T08:00:00Z"},
        {"title": "New & shiny", "url": "https://x.example/2", "createdAt": "2027-03-02T10:00:00Z"},
    ]
    await stage.run("daily-digest", mocks=[answers(url, news)], listUrl=url)
    ((_, subject, html),) = stage.mail.told()
    assert subject == "What is new (1)"
    assert "New &amp; shiny" in html
    assert "Old" not in html
    await stage.run("daily-digest", mocks=[answers(url, news[:1])], listUrl=url)
    assert len(stage.mail.messages) == 1


async def test_daily_digest_on_mondays_looks_back_over_the_weekend(stage: Stage):
    url = "https://x.example/news"
    friday = [{"title": "Friday", "url": "", "createdAt": "2027-03-05T15:00:00Z"}]
    monday = datetime(2027, 3, 8, 7, 0, tzinfo=UTC)
    await stage.run("daily-digest", mocks=[answers(url, friday)], now=monday, listUrl=url)
    assert [subject for _, subject, _ in stage.mail.told()] == ["What is new (1)"]


async def test_json_to_csv(stage: Stage):
    orders = [
        {"id": "A1", "customer": "Müller, Ann", "total": 20},
        {"customer": "nobody"},
        {"id": "A2", "total": 0.1},
    ]
    done = await stage.run("json-to-csv", orders)
    csv = 'Order,Customer,Total\r\nA1,"Müller, Ann",20.00\r\nA2,,0.10\r\n'
    assert done.response is not None
    body = done.response.body
    assert body == csv
    assert done.response.headers["X-Report-Total"] == "20.1"
    assert stage.read("reports/2027-03-03-090000.csv") == csv


async def test_request_gateway(stage: Stage):
    url = "https://inner.example/items"
    good, key = {"sku": "ABC", "quantity": 2}, {"X-Caller": "shop"}

    async def ask(body: Any, headers: dict[str, str], mock: dict[str, Any]) -> tuple[int, Any, int]:
        done = await stage.run("request-gateway", body, headers=headers, mocks=[mock], service=url)
        return (*answer(done), len(done.requests))  # fmt: skip

    assert await ask(good, key, answers(url, {"id": 1}, 201)) == (201, {"id": 1}, 1)
    assert (await ask(good, {}, answers(url)))[::2] == (403, 0)
    assert (await ask(good, {"X-Caller": "other"}, answers(url)))[::2] == (403, 0)
    status, body, asked = await ask({"sku": "AB", "quantity": 2000}, key, answers(url))
    assert (status, asked, len(body["details"])) == (400, 0, 2)
    assert (await ask(good, key, answers(url, status=404)))[0] == 404
    assert (await ask(good, key, answers(url, status=500)))[::2] == (502, 3)


async def test_paging_goes_to_the_last_page(stage: Stage):
    url = "https://x.example/records"
    mocks = [
        answers(f"{url}?page=1", {"items": [{"n": 1}, {"n": 2}], "more": True}),
        answers(f"{url}?page=2", {"items": [{"n": 3}], "more": True}),
        answers(f"{url}?page=3", {"items": [], "more": False}),
    ]
    done = await stage.run("paging", mocks=mocks, listUrl=url)
    assert [request["url"] for request in done.requests] == [f"{url}?page={n}" for n in (1, 2, 3)]
    saved = json.loads(stage.read("collected/records.json"))
    assert (saved["pages"], saved["records"]) == (3, [{"n": 1}, {"n": 2}, {"n": 3}])


async def test_paging_keeps_the_old_file_when_a_page_fails(stage: Stage):
    url = "https://x.example/records"
    stage.put("collected/records.json", "{}")
    mocks = [answers(f"{url}?page=1", {"items": [1], "more": True}), answers(f"{url}?page=2", status=404)]
    done = await stage.run("paging", mocks=mocks, listUrl=url)
    assert len(done.requests) == 2
    assert done.state is not None
    assert done.state.status == "Failed"
    assert stage.read("collected/records.json") == "{}"


async def test_delayed_reminder_waits(stage: Stage):
    reminder = {"email": "ann@x.example", "subject": "Tea", "remindAt": "2027-04-01T08:00:00Z"}
    done = await stage.run("delayed-reminder", reminder)
    assert answer(done) == (202, {"accepted": True, "remindAt": "2027-04-01T08:00:00Z"})
    assert done.waits["Wait_until_then"] == timedelta(days=28, hours=23)
    ((to, subject, text),) = stage.mail.told()
    assert (to, subject, text) == ("ann@x.example", "Tea", "This is the reminder you asked for.")

    for wrong in ({**reminder, "remindAt": "next Tuesday"}, {"subject": "Tea"}):
        assert answer(await stage.run("delayed-reminder", wrong))[0] == 400
    assert len(stage.mail.messages) == 1


async def test_file_inbox_moves_files(stage: Stage):
    url = "https://x.example/documents"
    stage.put("inbox/a.json", '{"n": 1}')
    stage.put("inbox/b.json", '{"n": 2}')
    stage.put("inbox/notes.txt", "not mine")
    mocks = [answers(url, {"error": "no"}, 422, calls=[2]), answers(url, {})]
    done = await stage.run("file-inbox", mocks=mocks, target=url)
    assert sent_to(done, url) == [{"n": 1}, {"n": 2}]
    assert stage.files() == ["done/a.json", "failed/b.json", "inbox/notes.txt"]
    assert json.loads(stage.read("done/a.json")) == {"n": 1}
    failed = json.loads(stage.read("failed/b.json"))
    assert (failed["status"], failed["content"]) == (422, {"n": 2})


async def test_change_watch(stage: Stage):
    url = "https://x.example/prices"
    for price, told in ((1, 0), (1, 0), (2, 1), (2, 1)):
        await stage.run("change-watch", mocks=[answers(url, {"tea": price})], address=url)
        assert len(stage.mail.messages) == told
    ((_, subject, text),) = stage.mail.told()
    assert subject == f"Changed: {url}"
    assert 'Before:\n{"tea":1}' in text
    assert 'Now:\n{"tea":2}' in text


async def test_alert_router(stage: Stage):
    for severity in ("Critical", "warning", "info", None):
        assert answer(await stage.run("alert-router", {"severity": severity, "title": "Disk"}))[0] == 202
    assert [(to, subject) for to, subject, _ in stage.mail.told()] == [
        ("oncall@example.com", "CRITICAL: Disk"),
        ("team@example.com", "Warning: Disk"),
    ]
    assert stage.mail.messages[0]["Importance"] == "high"
    lines = [json.loads(line) for line in stage.read("alerts/log.jsonl").splitlines()]
    assert [line["severity"] for line in lines] == ["Critical", "warning", "info", None]
    assert all(line["receivedAt"].startswith("2027-03-03") for line in lines)
    stage.mail.refusing = True
    assert answer(await stage.run("alert-router", {"severity": "warning", "title": "Disk"}))[0] == 502


async def test_long_job(stage: Stage):
    start, told = "https://x.example/jobs", "https://x.example/finished"
    mocks = [
        answers(start, {"id": 9}, method="POST"),
        answers(f"{start}/9", {"status": "Running"}, calls=[1, 2, 3]),
        answers(f"{start}/9", {"status": "Done"}),
        answers(told, {}),
    ]
    done = await stage.run("long-job", {"a": 1}, mocks=mocks, startUrl=start, resultUrl=told)
    assert answer(done)[0] == 202
    assert len([r for r in done.requests if r["method"] == "GET"]) == 4
    assert sent_to(done, told) == [{"job": 9, "status": "done"}]


async def test_clean_records(stage: Stage):
    records = [
        {"name": "  Ann   Lee ", "email": " ANN@x.example"},
        {"name": "Ann", "email": "ann@X.example "},
        {"name": "Bo"},
    ]
    assert answer(await stage.run("clean-records", records)) == (
        200,
        {"kept": [{"name": "Ann Lee", "email": "ann@x.example"}], "dropped": records[1:]},
    )
    assert answer(await stage.run("clean-records", {"no": "list"}))[0] == 400
