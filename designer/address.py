"""Where this installation is reached: the server leaves its address behind for commands that print URLs."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

FILE_NAME = "address"


def of(host: str, port: int) -> str:
    shown = "127.0.0.1" if host in {"0.0.0.0", "::"} else f"[{host}]" if ":" in host else host  # noqa: S104
    return f"http://{shown}:{port}"


def remember(host: str, port: int) -> str:
    """The address people use, kept in the data folder for the commands."""
    address = settings.PUBLIC_URL or of(host, port)
    (Path(settings.DATA) / FILE_NAME).write_text(address + "\n")
    return address


def last_known() -> str:
    """The public address, else that of the last server over this data folder, else what the settings say."""
    if settings.PUBLIC_URL:
        return str(settings.PUBLIC_URL)
    try:
        kept = (Path(settings.DATA) / FILE_NAME).read_text().strip()
    except OSError:
        kept = ""
    return kept or of(settings.LISTEN_HOST, settings.LISTEN_PORT)
