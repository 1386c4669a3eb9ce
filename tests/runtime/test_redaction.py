"""What a connector says about secured inputs does not quote them."""

from __future__ import annotations

from typing import Any

import pytest

from runtime.redaction import without_values

URI = {"uri": "http://Top-Secret.invalid/a?b=1", "headers": {"key": "s3cret, with 2 parts"}, "pin": 8421}


@pytest.mark.parametrize(
    "sentence,left",
    [
        (
            "The host name 'Top-Secret.invalid' could not be resolved.",
            "The host name '…' could not be resolved.",
        ),
        ("No connection to Top-Secret.invalid:80: refused.", "No connection to …:80: refused."),
        ("There is no file '8421'.", "There is no file '…'."),
        ("The pin is pin8421x!", "The pin is …!"),
        ("Not a URL: 's3cret, with 2 parts'.", "Not a URL: '…, … 2 …'."),
        ("Sent s3cret%2C%20with%202%20parts on.", "Sent … on."),
        (f"It was {'a' * 300}.", "It was …."),
        ("It did not answer in time.", "It did not answer in time."),
    ],
)
def test_words_of_the_inputs_are_hidden(sentence: str, left: str) -> None:
    assert without_values(sentence, URI) == left


@pytest.mark.parametrize("inputs", [None, {}, {"a": True, "b": None, "c": "xy"}])
def test_without_values_there_is_nothing_to_hide(inputs: Any) -> None:
    assert without_values("An xy is true.", inputs) == "An xy is true."


def test_lone_surrogates_and_many_values_do_not_stop_it() -> None:
    inputs = {"half": "\ud800abc", "list": [f"value {index}" for index in range(100_000)]}
    assert without_values("It holds \ud800abc and 99999.", inputs) == "It holds … and …."
