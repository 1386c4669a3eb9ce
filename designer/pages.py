"""The one page: it loads the canvas, which draws every screen. Without a built canvas it says what to do."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from designer.api import errors

ENTRY = "index.html"
# What each address draws (`frontend/src/shell/router.tsx`). Its code is named in the page, so that it comes
# beside the entry instead of after it; an address that is missing here works too, a moment later.
SCREENS = (
    (r"/t/[^/]+/workflows", "src/pages/workflows/WorkflowsPage.tsx"),
    (r"/t/[^/]+/templates", "src/pages/templates/TemplatesPage.tsx"),
    (r"/t/[^/]+/templates/[^/]+", "src/pages/templates/TemplatePage.tsx"),
    (r"/t/[^/]+/runs", "src/pages/runs/RunsPage.tsx"),
    (r"/t/[^/]+/connections", "src/pages/connections/ConnectionsPage.tsx"),
    (r"/t/[^/]+/inbox", "src/pages/inbox/InboxPage.tsx"),
    (r"/t/[^/]+/members", "src/pages/members/MembersPage.tsx"),
    (r"/t/[^/]+/settings", "src/pages/settings/SettingsPage.tsx"),
    (r"/t/[^/]+/audit", "src/pages/audit/AuditPage.tsx"),
    (r"/t/[^/]+/w/[^/]+/overview", "src/pages/overview/OverviewPage.tsx"),
    (r"/t/[^/]+/w/[^/]+/design", "src/pages/designer/DesignerRoute.tsx"),
    (r"/t/[^/]+/w/[^/]+/runs", "src/pages/runs/WorkflowRunsPage.tsx"),
    (r"/t/[^/]+/w/[^/]+/runs/[^/]+", "src/pages/run/RunPage.tsx"),
    (r"/t/[^/]+/w/[^/]+/versions", "src/pages/versions/VersionsPage.tsx"),
)
_NOT_PAGES = ("/api/", "/static/", "/ws/", "/workflows/", "/callbacks/")


@require_safe
def canvas(request: HttpRequest) -> HttpResponse:
    return page(request, 200)


@require_safe
def icon(request: HttpRequest) -> HttpResponse:
    """The mark in the browser's tab; also what browsers ask for by its old name."""
    drawing = (Path(__file__).parent / "templates" / "favicon.svg").read_bytes()
    return HttpResponse(drawing, "image/svg+xml", headers={"Cache-Control": "public, max-age=86400"})


def page(request: HttpRequest, status: int) -> HttpResponse:
    manifest = Path(settings.STATIC_ROOT) / ".vite" / "manifest.json"
    try:
        context = _context(manifest, manifest.stat().st_mtime_ns, _screen(request.path))
    except (OSError, ValueError, KeyError):
        response = render(request, "not_built.html", {"folder": settings.STATIC_ROOT}, status=503)
    else:
        response = render(request, "canvas.html", context, status=status)
    # The page names files with hashes in their names: it must be asked for again after every update.
    response["Cache-Control"] = "no-cache"
    return response


def _screen(path: str) -> str | None:
    """The module that draws this address."""
    return next((module for shape, module in SCREENS if re.fullmatch(shape, path)), None)


@lru_cache(maxsize=32)
def _context(manifest: Path, changed: int, screen: str | None) -> dict[str, Any]:
    """Script, styles and preloads of the entry, the screen and their imports. `changed` is for the cache."""
    chunks: dict[str, dict[str, Any]] = json.loads(manifest.read_text(encoding="utf-8"))
    entry = chunks[ENTRY]
    styles, preloads, seen = list(entry.get("css", [])), [], {ENTRY}
    waiting = list(entry.get("imports", [])) + [name for name in (screen,) if name in chunks]
    while waiting:
        name = waiting.pop(0)
        if name in seen:
            continue
        seen.add(name)
        preloads.append(chunks[name]["file"])
        styles += [style for style in chunks[name].get("css", []) if style not in styles]
        waiting += chunks[name].get("imports", [])
    address = settings.STATIC_URL
    return {
        "script": address + entry["file"],
        "styles": [address + name for name in styles],
        "preloads": [address + name for name in preloads],
    }


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """People get the canvas, which says so in its own words; programs get a problem document."""
    wants_page = "text/html" in request.headers.get("Accept", "")
    if wants_page and not request.path.startswith(_NOT_PAGES):
        return page(request, 404)
    return errors.not_found(request, exception)
