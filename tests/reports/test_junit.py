"""A gate as JUnit XML: valid for the usual schemas, and red where the exit code is."""

import re
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from ictcli.reports.junit import junit_xml

SUITE_REQUIRED = ("name", "timestamp", "hostname", "tests", "failures", "errors", "time", "package", "id")
"""Attributes that the stricter schema (Ant's, by Windy Road) wants; Jenkins' takes them all."""


def check(verdict: str, **changes: Any) -> dict[str, Any]:
    plain = {
        "condition": "win_rate (low) >= 0.3",
        "metric": "win_rate",
        "bound": "low",
        "found": 0.4,
        "found_bound": 0.25,
        "n": 80,
        "verdict": verdict,
        "reason": "interval includes the limit",
        "judged": "win_rate",
    }
    return plain | changes


def suite(document: dict[str, Any], *, allow_inconclusive: bool = False) -> ET.Element:
    text = junit_xml(document, allow_inconclusive=allow_inconclusive)
    root = ET.fromstring(text.encode())
    assert (root.tag, root.attrib) == ("testsuites", {})
    (one,) = root
    require_valid(one)
    return one


def require_valid(one: ET.Element) -> None:
    """What the schemas of Ant and Jenkins ask of a suite: attributes, their types, and the order inside."""
    assert set(one.attrib) == {*SUITE_REQUIRED, "skipped"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", one.attrib["timestamp"])
    for name in ("tests", "failures", "errors", "skipped", "id"):
        assert one.attrib[name].isdecimal()
    assert float(one.attrib["time"]) >= 0
    tags = "".join(
        {"properties": "p", "testcase": "t", "system-out": "o", "system-err": "e"}[e.tag] for e in one
    )
    assert re.fullmatch("pt*oe", tags)
    for entry in one.findall("properties/property"):
        assert set(entry.attrib) == {"name", "value"}
    for case in one.findall("testcase"):
        assert set(case.attrib) == {"name", "classname", "time"}
        assert len(case) <= 1
        for outcome in case:
            assert outcome.tag in {"failure", "skipped"}
            assert set(outcome.attrib) == ({"message", "type"} if outcome.tag == "failure" else set())
    cases = one.findall("testcase")
    assert int(one.attrib["tests"]) == len(cases)
    assert int(one.attrib["failures"]) == len(one.findall("testcase/failure"))
    assert int(one.attrib["skipped"]) == len(one.findall("testcase/skipped"))


def test_every_check_is_a_test_case(document: dict[str, Any]) -> None:
    verdicts = ("PASS", "INCONCLUSIVE", "FAIL")
    document["gate"]["checks"] = [check(verdict) for verdict in verdicts]
    one = suite(document)
    assert (one.get("tests"), one.get("failures"), one.get("skipped")) == ("3", "2", "0")
    passed, unclear, failed = one.findall("testcase")
    assert len(passed) == 0
    assert unclear[0].get("type") == "INCONCLUSIVE"
    assert failed[0].get("message") == "FAIL: interval includes the limit"
    assert unclear[0].get("message") == "INCONCLUSIVE: interval includes the limit"
    assert (unclear[0].get("type"), failed[0].get("type")) == ("INCONCLUSIVE", "FAIL")
    assert failed[0].text == "FAIL: win_rate 0.4, low 0.25 of 80 observations, interval includes the limit"
    assert passed.get("name") == "win_rate (low) >= 0.3"
    facts = {entry.get("name"): entry.get("value") for entry in one.findall("properties/property")}
    assert facts["run"] == document["run"]
    assert facts["gate"] == "config/gates.toml"
    assert facts["verdict"] == document["gate"]["verdict"]
    assert [facts[name] for name in ("passed", "failed", "inconclusive")] == ["1", "1", "1"]


@pytest.mark.parametrize(("verdict", "outcome"), [("INCONCLUSIVE", "skipped"), ("FAIL", "failure")])
def test_an_inconclusive_check_is_skipped_where_that_is_allowed(
    document: dict[str, Any], verdict: str, outcome: str
) -> None:
    document["gate"]["checks"] = [check(verdict)]
    assert suite(document, allow_inconclusive=True).find(f"testcase/{outcome}") is not None


def test_a_run_without_a_gate_has_no_test_cases(document: dict[str, Any]) -> None:
    one = suite({**document, "gate": None})
    assert (one.get("tests"), one.get("failures")) == ("0", "0")


def test_a_metric_that_is_undefined_is_said_to_be(document: dict[str, Any]) -> None:
    document["gate"]["checks"] = [
        check("INCONCLUSIVE", found=None, found_bound=None, reason="undefined: none")
    ]
    failure = suite(document).find("testcase/failure")
    assert failure is not None
    assert failure.text == "INCONCLUSIVE: win_rate undefined of 80 observations, undefined: none"


def test_no_name_can_break_the_file(document: dict[str, Any]) -> None:
    document |= {"strategy": 'a<b>&"\x00\x1b\ud800'}
    document["gate"]["checks"] = [check("FAIL", condition="net_profit[setup=<&\x07>] > 0", reason="]]>")]
    one = suite(document)
    assert [case.get("name") for case in one.findall("testcase")] == ["net_profit[setup=<&\ufffd>] > 0"]
    assert one.get("name") == 'a<b>&"\ufffd\ufffd\ufffd M15'
