"""Sealing: only the same tenant and purpose open what was sealed."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.secrets import SealBroken, open_, seal

ANA, BOB = uuid.uuid4(), uuid.uuid4()


@pytest.fixture(autouse=True)
def _master(settings):
    settings.SECRET_KEY = "m" * 40


def test_what_is_sealed_opens_again_and_is_not_readable():
    sealed = seal(ANA, b"hunter2", purpose="connection")
    assert b"hunter2" not in sealed
    assert open_(str(ANA), sealed, purpose="connection") == b"hunter2"
    assert seal(ANA, b"hunter2", purpose="connection") != sealed, "the same data never looks the same"


@pytest.mark.parametrize("tenant,purpose", [(BOB, "connection"), (ANA, "payload")])
def test_another_tenant_or_purpose_does_not_open_it(tenant, purpose):
    sealed = seal(ANA, b"x", purpose="connection")
    with pytest.raises(SealBroken):
        open_(tenant, sealed, purpose=purpose)


def test_another_master_key_does_not_open_it(settings):
    sealed = seal(ANA, b"x", purpose="p")
    settings.SECRET_KEY = "n" * 40
    with pytest.raises(SealBroken, match="master key"):
        open_(ANA, sealed, purpose="p")


@given(st.binary(max_size=60))
def test_rubbish_is_refused(data):
    with pytest.raises(SealBroken):
        open_(ANA, data, purpose="p")


@given(st.integers(0, 40))
def test_one_changed_bit_is_refused(place):
    sealed = bytearray(seal(ANA, b"twelve bytes", purpose="p"))
    sealed[place % len(sealed)] ^= 1
    with pytest.raises(SealBroken):
        open_(ANA, bytes(sealed), purpose="p")
