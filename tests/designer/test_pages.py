"""The one page: built, not built, and what it is served with."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.test import Client

from designer import address, pages


@pytest.fixture
def static(settings, tmp_path: Path) -> Path:
    settings.STATIC_ROOT = tmp_path / "static"
    (tmp_path / "static" / ".vite").mkdir(parents=True)
    return tmp_path / "static"


def build(static: Path, **chunks: object) -> None:
    entry = {
        "file": "assets/index-AAAA.js",
        "css": ["assets/index-BBBB.css"],
        "imports": ["_a.js"],
        "isEntry": True,
    }
    shared = {
        "_a.js": {"file": "assets/a-CCCC.js", "imports": ["_b.js"], "css": ["assets/a-DDDD.css"]},
        "_b.js": {"file": "assets/b-EEEE.js", "imports": ["_a.js"]},
    }
    (static / ".vite" / "manifest.json").write_text(json.dumps({"index.html": entry, **shared, **chunks}))


@pytest.mark.parametrize(
    "path", ["/", "/signin", "/setup?token=x", "/t/acme/workflows", "/t/acme/w/1/design"]
)
def test_every_screen_is_the_page(path: str, static: Path, nobody: Client):
    build(static)
    answer = nobody.get(path)
    assert answer.status_code == 200
    text = answer.content.decode()
    assert '<script type="module" src="/static/assets/index-AAAA.js"></script>' in text
    assert text.count("modulepreload") == 2
    assert text.index("index-BBBB.css") < text.index("a-DDDD.css")
    assert answer["Cache-Control"] == "no-cache"
    assert "default-src 'self'" in answer["Content-Security-Policy"]


def test_the_code_of_the_screen_comes_beside_the_entry(static: Path, nobody: Client):
    screen = {"file": "assets/D-GGGG.js", "imports": ["_a.js", "index.html"], "css": ["assets/D-HHHH.css"]}
    build(static, **{"src/pages/designer/DesignerRoute.tsx": screen})
    text = nobody.get("/t/acme/w/1/design?action=x").content.decode()
    assert text.count("modulepreload") == 3
    assert text.count("index-AAAA.js") == 1
    assert "D-GGGG.js" in text
    assert "D-HHHH.css" in text
    assert "D-GGGG.js" not in nobody.get("/t/acme/workflows").content.decode()


def test_every_screen_of_the_router_is_named():
    root = Path(pages.__file__).parents[1] / "frontend" / "src"
    router = (root / "shell" / "router.tsx").read_text("utf-8")
    named = {module for _, module in pages.SCREENS}
    assert named == {
        f"src/pages/{name}.tsx" for name in re.findall(r'import\("\.\./pages/([^"]+)"\)', router)
    }


def test_it_holds_no_script_of_its_own(static: Path, nobody: Client):
    build(static)
    text = nobody.get("/").content.decode()
    assert text.count("<script") == text.count('<script type="module" src=')
    assert "onclick" not in text


def test_a_new_build_is_seen_without_a_restart(static: Path, nobody: Client):
    build(static)
    nobody.get("/")
    newer = {"file": "assets/index-FFFF.js", "isEntry": True}
    build(static, **{"index.html": newer})
    manifest = static / ".vite" / "manifest.json"
    import os

    os.utime(manifest, ns=(1, 1))
    assert "index-FFFF.js" in nobody.get("/").content.decode()


def test_without_a_build_it_says_what_to_do(settings, tmp_path: Path, nobody: Client):
    settings.STATIC_ROOT = tmp_path / "none"
    answer = nobody.get("/t/acme/workflows")
    assert answer.status_code == 503
    assert "make setup" in answer.content.decode()


def test_the_icon_is_there_under_both_names(nobody: Client):
    for path in ("/favicon.svg", "/favicon.ico"):
        assert nobody.get(path)["Content-Type"] == "image/svg+xml"
    assert pages.ENTRY == "index.html"


def test_the_address_is_left_behind_for_commands(settings, tmp_path: Path):
    settings.DATA = tmp_path
    settings.PUBLIC_URL = ""
    settings.LISTEN_HOST, settings.LISTEN_PORT = "127.0.0.1", 8000
    assert address.last_known() == "http://127.0.0.1:8000"
    assert address.remember("0.0.0.0", 8123) == address.last_known() == "http://127.0.0.1:8123"
    settings.PUBLIC_URL = "https://flows.example"
    assert address.last_known() == "https://flows.example"


@pytest.mark.django_db  # the end of a request looks at the connections that are open
def test_files_of_the_canvas_are_kept_for_ever_and_belong_to_us(nobody: Client, settings):
    folder = Path(settings.STATIC_ROOT) / "assets"
    files = sorted(folder.glob("*.js")) if folder.exists() else []
    if not files:
        pytest.skip("the canvas is not built")
    answer = nobody.get(f"/static/assets/{files[0].name}")
    if answer.status_code == 404:
        pytest.skip("the canvas was built after this process started")
    assert "immutable" in answer["Cache-Control"]
    assert "Access-Control-Allow-Origin" not in answer
    assert answer.content == files[0].read_bytes()


@pytest.mark.django_db
def test_the_canvas_may_be_built_anew_under_a_running_server(settings, tmp_path: Path):
    (tmp_path / "static" / "assets").mkdir(parents=True)
    old, new = (tmp_path / "static" / "assets" / name for name in ("old-AAAAAAAA.js", "new-BBBBBBBB.js"))
    old.write_text("1")
    (tmp_path / "secret.js").write_text("2")
    settings.STATIC_ROOT = str(tmp_path / "static")
    nobody = Client()
    assert nobody.get("/static/assets/old-AAAAAAAA.js").content == b"1"
    old.unlink()
    new.write_text("3")
    gone = nobody.get("/static/assets/old-AAAAAAAA.js")
    assert gone.status_code == 404
    assert "immutable" not in gone.get("Cache-Control", "")
    assert nobody.get("/static/assets/new-BBBBBBBB.js").content == b"3"
    for path in ("/static/assets", "/static/../secret.js", "/static/..%2fsecret.js", "/static//secret.js"):
        assert nobody.get(path).status_code == 404, path
