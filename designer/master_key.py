"""The installation's master key: given by the environment, else made once and kept in the data folder.

Everything that must be secret at rest (sessions, callback signatures, sealed connection parameters) is
derived from it, each with its own label, so one file is all a backup has to keep apart from the database.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

FILE_NAME = "master.key"


def load_or_create(folder: Path) -> str:
    """The key in `folder`, made on first use with mode 0600. Two processes starting together get the same
    one.
    """
    path = folder / FILE_NAME
    if path.exists():
        return _read(path)
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{FILE_NAME}.{os.getpid()}.{secrets.token_hex(4)}"
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(48) + "\n")
    try:
        # A hard link is refused when the name is taken: the first process wins and nobody reads half a key.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    return _read(path)


def _read(path: Path) -> str:
    key = path.read_text().strip()
    if len(key) < 32:
        raise ValueError(f"The master key in {path} is shorter than 32 characters; restore it from a backup.")
    return key


def derive(master: str, label: str) -> bytes:
    """32 bytes for one purpose; knowing one derived key tells nothing about another."""
    return hmac.new(master.encode(), b"millrace/" + label.encode(), hashlib.sha256).digest()
