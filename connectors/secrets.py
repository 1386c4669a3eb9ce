"""Sealing: AES-256-GCM under a key of its own for every tenant, derived from the installation's master key.

A sealed value can only be opened for the tenant and the purpose it was sealed for: both are authenticated,
so a row copied to another tenant or column does not open. Format: one byte version (1), 12 bytes nonce,
ciphertext with its 16 byte tag.
"""

from __future__ import annotations

import os
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

VERSION = b"\x01"


class SealBroken(Exception):
    """The value was not sealed with this master key, for this tenant and purpose, or has been changed."""


def seal(tenant_id: UUID | str, data: bytes, *, purpose: str) -> bytes:
    """Encrypt for one tenant and purpose, e.g. `connection`, `payload`, `callback`."""
    nonce = os.urandom(12)
    return VERSION + nonce + _cipher(tenant_id).encrypt(nonce, data, _bound_to(tenant_id, purpose))


def open_(tenant_id: UUID | str, sealed: bytes, *, purpose: str) -> bytes:
    """The data that was sealed; SealBroken when it does not open."""
    sealed = bytes(sealed)
    if len(sealed) < 29 or sealed[:1] != VERSION:
        raise SealBroken("This is not a sealed value.")
    try:
        return _cipher(tenant_id).decrypt(sealed[1:13], sealed[13:], _bound_to(tenant_id, purpose))
    except InvalidTag as error:
        raise SealBroken(
            "A sealed value could not be opened: it belongs to another tenant or purpose, or the master key "
            "has changed. Restore the master key it was sealed with."
        ) from error


def _bound_to(tenant_id: UUID | str, purpose: str) -> bytes:
    return f"millrace/{_hex(tenant_id)}/{purpose}".encode()


def _hex(tenant_id: UUID | str) -> str:
    return tenant_id.hex if isinstance(tenant_id, UUID) else UUID(str(tenant_id)).hex


def _cipher(tenant_id: UUID | str) -> AESGCM:
    return _tenant_cipher(str(settings.SECRET_KEY), _hex(tenant_id))


@lru_cache(maxsize=1024)
def _tenant_cipher(master: str, tenant: str) -> AESGCM:
    info = f"millrace/seal/1/{tenant}".encode()
    return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(master.encode()))
