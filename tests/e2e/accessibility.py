"""axe-core over a page as it stands."""

from __future__ import annotations

from typing import Any, Literal

from playwright.sync_api import Page, expect

from tests.e2e.serving import ROOT

Scheme = Literal["light", "dark"]

AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"


# What fades in has no contrast yet, and what turns has another place a moment later. What moves for ever (a bar that
# breathes while something loads) is looked at as it is, and nobody waits for what a test holds up.
_CALM = """async () => {
    const ends = (one) => one.playState === "running" && one.effect.getComputedTiming().endTime !== Infinity;
    const late = new Promise((done) => setTimeout(() => done("late"), 30_000));
    const frame = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    await frame();
    for (let moving = document.getAnimations().filter(ends); moving.length; moving = document.getAnimations().filter(ends)) {
        const over = Promise.allSettled(moving.map((one) => one.finished));
        if ((await Promise.race([over, late])) === "late") return moving.map((one) => one.animationName ?? one.transitionProperty);
        await frame();
    }
    return [];
}"""


def wear(page: Page, scheme: Scheme) -> None:
    """By day or by night, once the page has changed: a script hears of it a moment later, then colours fade."""
    page.emulate_media(color_scheme=scheme)
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", scheme)


def come_to_rest(page: Page) -> None:
    assert page.evaluate(_CALM) == [], "something on the page does not come to rest"


# Tags are of axe: WCAG 2.2 AA and its best practices.
EVERYTHING = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
# The rules by which a page can be wrong in one colour scheme and right in the other.
COLOURS = ("color-contrast", "link-in-text-block")


def findings(page: Page, rules: tuple[str, ...] = EVERYTHING) -> list[str]:
    """Serious and critical violations of these rules or tags: rule, how many, the first place, why."""
    come_to_rest(page)
    # evaluate() is not bound by the page's content security policy, a script tag would be.
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    result: dict[str, Any] = page.evaluate(
        # No rule of these needs the style sheets again, which cannot be fetched where the network is gone.
        """(rules) => axe.run(document, { runOnly: rules, resultTypes: ["violations"], preload: false })""",
        list(rules),
    )
    return [
        f"{found['id']} ({found['impact']}, {len(found['nodes'])}×): {found['nodes'][0]['html'][:160]}"
        f" — {found['nodes'][0]['failureSummary'].splitlines()[-1].strip()}"
        for found in result["violations"]
        if found["impact"] in {"serious", "critical"}
    ]
