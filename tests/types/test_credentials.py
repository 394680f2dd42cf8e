"""A secret shows itself only where it is asked to."""

import pickle
import traceback

import msgspec
import pytest

from core.types.credentials import Credentials, Secret

MARK = "s3cret-marker"


def test_no_text_form_of_a_secret_holds_it() -> None:
    secret = Secret(MARK)
    key = Credentials(venue="binance", fields={"secret": secret})
    for text in (str(secret), repr(secret), f"{secret}", f"{secret:>20}", repr([secret]), repr(key)):
        assert MARK not in text
    assert key.reveal("secret") == MARK
    with pytest.raises(KeyError):
        key.reveal("passphrase")


def test_no_encoder_takes_it_and_no_traceback_shows_it() -> None:
    secret = Secret(MARK)
    with pytest.raises(TypeError):
        msgspec.json.encode(secret)
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    try:
        int(secret)  # the mistake that is meant
    except TypeError as error:
        shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert "secret = ***" in shown
    assert MARK not in shown


def test_equal_secrets_are_equal() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1
