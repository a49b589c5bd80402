"""Cards: what is written is what is read, and nothing else is read."""

import json
import math

import msgspec
import pytest

from ictcli.errors import DataError
from ictcli.models.card import Metric, decode_card, encode_card
from tests.models.sample_models import card_of


def test_a_card_is_read_as_it_was_written() -> None:
    card = card_of(1)
    assert decode_card(encode_card(card), "card.json") == card


def test_equal_cards_give_equal_bytes_in_whatever_order_their_dicts_were_filled() -> None:
    one = card_of(1, members={"logistic": 0.25, "lightgbm": 0.75})
    other = card_of(1, members={"lightgbm": 0.75, "logistic": 0.25})
    assert encode_card(one) == encode_card(other)


def test_an_undefined_metric_is_null_on_disk_and_none_when_read() -> None:
    card = card_of(1, metrics={"sharpe": Metric(value=math.nan, n=0)})
    data = encode_card(card)
    assert json.loads(data)["metrics"]["sharpe"]["value"] is None
    assert decode_card(data, "card.json").metrics["sharpe"] == Metric(value=None, n=0)


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"\xff", b"[" * 5000])
def test_what_is_no_card_is_refused_by_name(data: bytes) -> None:
    with pytest.raises(DataError, match=r"card\.json"):
        decode_card(data, "card.json")


def test_a_card_that_lacks_a_field_or_has_a_wrong_one_is_refused() -> None:
    known = json.loads(encode_card(card_of(1)))
    with pytest.raises(DataError, match="identity"):
        decode_card(json.dumps({k: v for k, v in known.items() if k != "identity"}).encode(), "x")
    with pytest.raises(DataError, match="verdict"):
        decode_card(json.dumps({**known, "verdict": "great"}).encode(), "x")


def test_a_card_of_a_newer_program_asks_for_an_update() -> None:
    card = msgspec.structs.replace(card_of(1), schema=2)
    with pytest.raises(DataError, match="version 2") as refused:
        decode_card(encode_card(card), "card.json")
    assert "Update" in refused.value.hint
