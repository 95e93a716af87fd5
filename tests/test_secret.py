"""A secret is shown nowhere and given out only on request; the API key is one that must fit a header."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import partnero_async
from partnero_async import ArgumentError, AsyncPartnero
from partnero_async._secret import Secret, api_key_from
from partnero_async.records import SigningSecret

from .profiles import examples

PACKAGE = Path(partnero_async.__file__).parent
KEY = "sk_live_4eC39HqLyjWDarjtT1zdp7dc"


def test_a_secret_is_given_out_on_request() -> None:
    assert Secret(KEY).reveal() == KEY


@pytest.mark.parametrize("form", ["{}", "{!r}", "{!s}", "{!a}", "{:>80}", "{0:}"])
def test_no_format_shows_a_secret(form: str) -> None:
    try:
        shown = form.format(Secret(KEY))
    except TypeError:  # a format that it does not support shows nothing either
        return
    assert KEY not in shown


def test_containers_do_not_show_a_secret() -> None:
    assert KEY not in repr({"key": [Secret(KEY)]})


def test_a_log_does_not_show_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("test").warning("key %s %r", Secret(KEY), Secret(KEY))
    assert KEY not in caplog.text


def test_a_traceback_with_locals_does_not_show_a_secret() -> None:
    def fail(secret: Secret) -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError) as failed:
        fail(Secret(KEY))
    shown = "".join(traceback.TracebackException.from_exception(failed.value, capture_locals=True).format())
    assert KEY not in shown


@pytest.mark.parametrize("copying", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_secret_is_not_pickled_or_copied(copying: object) -> None:
    assert callable(copying)
    with pytest.raises(TypeError, match="not pickled or copied"):
        copying(Secret(KEY))


def test_a_secret_is_not_json() -> None:
    with pytest.raises(TypeError):
        json.dumps(Secret(KEY), default=vars)


def test_a_secret_has_no_dict_to_look_into() -> None:
    assert not hasattr(Secret(KEY), "__dict__")


def test_secrets_of_the_same_text_are_equal_and_hash_alike() -> None:
    assert {Secret(KEY)} == {Secret(KEY)}


def test_secrets_of_different_texts_are_not_equal() -> None:
    assert Secret(KEY) != Secret("other")


def test_a_secret_is_not_equal_to_its_text() -> None:
    assert Secret(KEY) != KEY


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda secret: pickle.loads(pickle.dumps(secret))]
)
def test_a_signing_secret_travels_with_its_record_and_prints_as_no_other(copied: object) -> None:
    assert callable(copied)
    other = copied(SigningSecret(KEY))
    assert other.reveal() == KEY
    assert repr(other) == "SigningSecret('**********')"


# The API key


def refused_key(key: str | None) -> ArgumentError:
    with pytest.raises(ArgumentError) as refused:
        api_key_from(None if key is None else Secret(key))
    return refused.value


def frames_of(error: BaseException) -> str:
    """What an error reporter prints: every frame of the package, with its locals."""
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    package = [frame for frame in shown.stack if Path(frame.filename).is_relative_to(PACKAGE)]
    return "\n".join(f"{name} = {value}" for frame in package for name, value in (frame.locals or {}).items())


def test_the_key_that_is_given_is_taken() -> None:
    assert api_key_from(Secret(KEY)).reveal() == KEY


def test_the_key_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARTNERO_API_KEY", KEY)
    assert api_key_from(None).reveal() == KEY


def test_the_key_that_is_given_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARTNERO_API_KEY", "other")
    assert api_key_from(Secret(KEY)).reveal() == KEY


def test_an_empty_key_does_not_fall_back_to_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARTNERO_API_KEY", KEY)
    assert str(refused_key("")) == "api_key is empty or blank"


def test_a_key_of_a_kilobyte_with_dots_is_taken() -> None:
    token = ".".join(["eyJ0eXAiOiJKV1Qi_-" * 25] * 3)
    assert api_key_from(Secret(token)).reveal() == token


def test_without_a_key_the_error_names_argument_and_variable() -> None:
    assert str(refused_key(None)) == "no API key: give api_key=... or set PARTNERO_API_KEY in the environment"


def test_an_empty_variable_counts_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARTNERO_API_KEY", "")
    assert str(refused_key(None)).startswith("no API key")


BAD_KEYS = [
    "   ",
    "\n",
    f"{KEY}\n",
    f"{KEY}\r\n",
    f" {KEY}",
    f"{KEY}\t",
    f"{KEY}\nother",
    f"{KEY}\rother",
    f"{KEY}\u2028other",
    f"Bearer {KEY}",
    f"{KEY}\x00",
    f"{KEY}\x7f",
    f"{KEY}é",
    f"“{KEY}”",
    f"{KEY}\ufeff",
    f"{KEY}\udcff",
]


@pytest.mark.parametrize("key", BAD_KEYS, ids=ascii)
def test_what_fits_no_header_is_no_key(key: str) -> None:
    assert str(refused_key(key)).startswith("api_key ")


@pytest.mark.parametrize("key", ["   ", f"{KEY}\n", f"{KEY}é"], ids=ascii)
def test_a_bad_key_of_the_environment_is_called_by_its_variable(
    monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    monkeypatch.setenv("PARTNERO_API_KEY", key)
    assert str(refused_key(None)).startswith("PARTNERO_API_KEY ")


@pytest.mark.parametrize("key", [key for key in BAD_KEYS if KEY in key], ids=ascii)
def test_the_refusal_of_a_key_does_not_show_it(key: str) -> None:
    error = refused_key(key)
    assert KEY not in f"{error} {error!r} {error.args} {error.__dict__}"


@pytest.mark.parametrize("key", [key for key in BAD_KEYS if KEY in key], ids=ascii)
def test_the_frames_of_a_refusal_do_not_show_the_key(key: str) -> None:
    assert KEY not in frames_of(refused_key(key))


def test_the_frames_of_a_client_that_is_refused_do_not_show_the_key() -> None:
    with pytest.raises(ArgumentError) as refused:
        AsyncPartnero(KEY, base_url="ftp://host")
    assert KEY not in frames_of(refused.value)


def test_the_frames_of_a_client_that_is_refused_for_its_key_do_not_show_it() -> None:
    with pytest.raises(ArgumentError) as refused:
        AsyncPartnero(f"{KEY}\n")
    assert KEY not in frames_of(refused.value)


def test_the_frames_of_a_client_that_was_given_its_key_as_bytes_do_not_show_it() -> None:
    with pytest.raises(TypeError) as refused:
        AsyncPartnero(KEY.encode())
    assert KEY not in frames_of(refused.value)


def test_a_client_does_not_show_its_key() -> None:
    assert KEY not in repr(AsyncPartnero(KEY))


@examples(200)
@given(key=st.text(max_size=8) | st.text(alphabet="ab \n\r\t\x1c", max_size=4))
def test_only_visible_ascii_is_ever_a_key(key: str) -> None:
    fits = bool(key) and all("!" <= character <= "~" for character in key)
    try:
        taken = api_key_from(Secret(key)).reveal() == key
    except ArgumentError:
        taken = False
    assert taken == fits
