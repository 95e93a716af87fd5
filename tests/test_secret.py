"""A secret is shown nowhere, and given out only on request."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback

import pytest

from partnero_async._secret import Secret
from partnero_async.records import SigningSecret

TEXT = "sk_live_4eC39HqLyjWDarjtT1zdp7dc"


def test_a_secret_is_given_out_on_request() -> None:
    assert Secret(TEXT).reveal() == TEXT


@pytest.mark.parametrize("form", ["{}", "{!r}", "{!s}", "{!a}", "{:>80}", "{0:}"])
def test_no_format_shows_a_secret(form: str) -> None:
    try:
        shown = form.format(Secret(TEXT))
    except TypeError:  # a format that it does not support shows nothing either
        return
    assert TEXT not in shown


def test_containers_do_not_show_a_secret() -> None:
    assert TEXT not in repr({"key": [Secret(TEXT)]})


def test_a_log_does_not_show_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("test").warning("key %s %r", Secret(TEXT), Secret(TEXT))
    assert TEXT not in caplog.text


def test_a_traceback_with_locals_does_not_show_a_secret() -> None:
    def fail(secret: Secret) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError) as failed:
        fail(Secret(TEXT))
    shown = "".join(traceback.TracebackException.from_exception(failed.value, capture_locals=True).format())
    assert TEXT not in shown


@pytest.mark.parametrize("copying", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_secret_is_not_pickled_or_copied(copying: object) -> None:
    assert callable(copying)
    with pytest.raises(TypeError, match="not pickled or copied"):
        copying(Secret(TEXT))


def test_a_secret_is_not_json() -> None:
    with pytest.raises(TypeError):
        json.dumps(Secret(TEXT), default=vars)


def test_a_secret_has_no_dict_to_look_into() -> None:
    assert not hasattr(Secret(TEXT), "__dict__")


def test_secrets_of_the_same_text_are_equal_and_hash_alike() -> None:
    assert {Secret(TEXT)} == {Secret(TEXT)}


def test_secrets_of_different_texts_are_not_equal() -> None:
    assert Secret(TEXT) != Secret("other")


def test_a_secret_is_not_equal_to_its_text() -> None:
    assert Secret(TEXT) != TEXT


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda secret: pickle.loads(pickle.dumps(secret))]
)
def test_a_signing_secret_travels_with_its_record_and_prints_as_no_other(copied: object) -> None:
    assert callable(copied)
    other = copied(SigningSecret(TEXT))
    assert other.reveal() == TEXT
    assert repr(other) == "SigningSecret('**********')"
