"""A short form of `make screens`: every screen with nothing in it, refused by a failing server, and forbidden."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Playwright

from tests.e2e.conftest import OWNER
from tests.e2e.person import Person
from tests.e2e.places import PLACES, World, empty
from tests.e2e.serving import running
from tests.e2e.states import Photographer

# Views of one screen that fail and start empty as that screen does.
TWINS = {
    "connection-new",
    "design-action",
    "design-split",
    "run-outline",
    "run-timeline",
    "run-turns",
    "profile",
}
LOOKS = [(place, state) for place in PLACES if place not in TWINS for state in ("empty", "error")]
LOOKS += [(place, "refused") for place in ("settings", "design", "overview", "run")]


@pytest.fixture(scope="module")
def nothing(
    playwright: Playwright, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Photographer, World]]:
    """A server where somebody has just made the first account, and one blank workflow."""
    with running(tmp_path_factory.mktemp("nothing")) as server:
        context = browser.new_context(base_url=server.url)
        ana = Person(context.new_page(), server.url)
        ana.set_up(server.setup_token, OWNER)
        world = empty(ana)
        yield Photographer(browser, server.url, context.storage_state(), folder=None), world
        context.close()


@pytest.mark.parametrize("place, state", LOOKS)
def test_screen(nothing: tuple[Photographer, World], place: str, state: str) -> None:
    photographer, world = nothing
    seen = photographer.look(world, place, state)
    assert not seen.faults, "\n".join(seen.faults)
