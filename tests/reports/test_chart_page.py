"""The page of a chart: one file, valid, that asks nothing of anybody."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from ictcli.reports.chart_page import document, page
from ictcli.reports.detection_chart import Chart
from tests.reports.charts import story

HOSTILE = """</title><script>alert(1)</script><img src=x onerror='alert(2)'>"&\u2028"""
VOID = {"meta", "input", "br", "link", "img"}


class Reader(HTMLParser):
    """Elements with their attributes, and the text of each script."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            self.texts.setdefault(self.open[-1], []).append(data)


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    return reader


def hostile(chart: Chart) -> Chart:
    return replace(
        chart, title=HOSTILE, drawings=tuple(replace(one, label=HOSTILE) for one in chart.drawings)
    )


@pytest.fixture(scope="module")
def plain() -> Reader:
    return read(page(story()))


def test_the_page_is_well_formed_and_titled(plain: Reader) -> None:
    assert plain.texts["title"] == ["sim/XAUUSD/M15"]
    assert plain.texts["h1"] == ["sim/XAUUSD/M15"]


def test_no_element_refers_to_anything_outside(plain: Reader) -> None:
    for tag, attributes in plain.elements:
        assert not {"src", "href", "srcset", "action", "poster", "data"} & set(attributes), tag
        assert not [name for name in attributes if name.startswith("on")], tag
    assert "url(" not in "".join(plain.texts["style"])
    assert "@import" not in "".join(plain.texts["style"])


def test_the_policy_allows_exactly_the_scripts_of_the_page(plain: Reader) -> None:
    policy = next(
        attributes["content"] or ""
        for tag, attributes in plain.elements
        if tag == "meta" and "http-equiv" in attributes
    )
    assert policy.startswith("default-src 'none'; ")
    _, *programs = plain.texts["script"]
    hashes = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in programs]
    assert re.findall(r"'sha256-([^']+)'", policy) == hashes
    assert len(hashes) == 2


def test_hostile_words_stay_words() -> None:
    reader = read(page(hostile(story())))
    assert reader.texts["title"] == [HOSTILE]
    assert reader.texts["h1"] == [HOSTILE]
    assert not [tag for tag, _ in reader.elements if tag == "img"]
    data, *programs = reader.texts["script"]
    assert len(programs) == 2
    assert json.loads(data)["drawings"][0]["label"] == HOSTILE
    assert not re.search("[<>&]", data)


def test_the_same_chart_gives_the_same_page() -> None:
    assert page(story()) == page(story())


def test_the_document_holds_bars_and_the_instants_of_every_row() -> None:
    found: dict[str, Any] = document(story())
    assert found["bars"]["open"][:3] == [1.0, 1.01, 1.09]
    assert found["bars"]["close_time"][0] - found["bars"]["time"][0] == 900
    (gap,) = found["drawings"]
    assert found["kinds"][gap["kind"]]["name"] == "fvg"
    records = [found["records"][change[1]] for change in gap["changes"]]
    assert records == ["confirmed", "tapped", "ce", "filled", "invalidated"]
    assert [change[0] for change in gap["changes"]] == [2, 4, 5, 6, 7]
