"""Browser tests come last: Playwright keeps an event loop on the main thread until the session ends, and Django and
asyncio refuse to start beside one."""

from __future__ import annotations

import pytest


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: "/e2e/" in str(item.path))
