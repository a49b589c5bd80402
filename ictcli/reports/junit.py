"""A gate's verdict as JUnit XML: every check is a test case, so CI servers show what failed.

The file fits the schema of Ant's JUnit task and the one of Jenkins' xUnit plugin.
"""

import re
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET  # nosec B405 - it writes only

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold, not even escaped."""
_NO_TIME = "0"


def junit_xml(document: Mapping[str, Any], *, allow_inconclusive: bool = False) -> str:
    """The XML text for one run.

    A check that fails is a failure; one that is inconclusive is a failure, too, or skipped where that is
    allowed: its type, its message and the suite's properties tell which. Without a gate there are no test
    cases.

    Args:
        document: of the run, as ``backtest --json`` prints it.
        allow_inconclusive: whether the run may pass without proof, as ``--allow-inconclusive`` says.
    """
    gate = document["gate"] or {"file": "none", "checks": []}
    cases = [_case(check, document, allow_inconclusive=allow_inconclusive) for check in gate["checks"]]
    suite = ET.Element(
        "testsuite",
        name=_text(f"{document['strategy']} {document['timeframe']}"),
        timestamp=document["created"][:19],
        hostname="localhost",
        tests=str(len(cases)),
        failures=str(_count(cases, "failure")),
        errors="0",
        skipped=str(_count(cases, "skipped")),
        time=_NO_TIME,
        package="ictcli.backtest",
        id="0",
    )
    properties = ET.SubElement(suite, "properties")
    for name, value in [*_facts(document, gate["file"]), *_counts(gate)]:
        ET.SubElement(properties, "property", name=name, value=_text(value))
    suite.extend(cases)
    ET.SubElement(suite, "system-out")
    ET.SubElement(suite, "system-err")
    suites = ET.Element("testsuites")
    suites.append(suite)
    ET.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suites, encoding="unicode") + "\n"


def _case(check: Mapping[str, Any], document: Mapping[str, Any], *, allow_inconclusive: bool) -> ET.Element:
    case = ET.Element(
        "testcase", name=_text(check["condition"]), classname=_text(document["strategy"]), time=_NO_TIME
    )
    if check["verdict"] == "PASS":
        return case
    skipped = check["verdict"] == "INCONCLUSIVE" and allow_inconclusive
    told = ET.SubElement(case, "skipped" if skipped else "failure")
    if not skipped:
        told.set("message", _text(f"{check['verdict']}: {check['reason']}"))
        told.set("type", check["verdict"])
        told.text = _text(f"{check['verdict']}: {_found(check)}")
    return case


def _found(check: Mapping[str, Any]) -> str:
    found = "undefined" if check["found"] is None else f"{check['found']:g}"
    if check["found_bound"] is not None:
        found += f", {check['bound']} {check['found_bound']:g}"
    judged = check.get("judged") or check["metric"]
    return f"{judged} {found} of {check['n']} observations, {check['reason']}"


def _facts(document: Mapping[str, Any], file: str) -> list[tuple[str, str]]:
    series = ", ".join(f"{one['source']}/{one['symbol']}" for one in document["series"])
    return [
        ("run", document["run"]),
        ("content_hash", document["content_hash"]),
        ("gate", file),
        ("series", series),
        ("version", document["version"]),
    ]


def _counts(gate: Mapping[str, Any]) -> list[tuple[str, str]]:
    """How many checks came to each verdict; JUnit's own counts know failures only."""
    verdicts = [check["verdict"] for check in gate["checks"]]
    names = {"passed": "PASS", "failed": "FAIL", "inconclusive": "INCONCLUSIVE"}
    counts = [(name, str(verdicts.count(verdict))) for name, verdict in names.items()]
    return [("verdict", gate.get("verdict", "none")), *counts]


def _count(cases: list[ET.Element], outcome: str) -> int:
    return sum(case.find(outcome) is not None for case in cases)


def _text(value: str) -> str:
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", value)
