"""The certificate says of every claim how sure it is, and of itself what it holds for."""

import json
from dataclasses import replace
from pathlib import Path

from ictcli.output import encode
from ictcli.reports.stress_page import stress_page
from ictcli.reports.stress_text import headline, stress_text
from tests.stress.outcomes import document, missed, passed


def test_every_claim_has_n_method_bound_and_threshold(tmp_path: Path) -> None:
    made = json.loads(encode(document(tmp_path, passed(), missed())))
    claims = [claim for one in made["scenarios"] for claim in one["claims"]]
    assert len(claims) == 5
    for claim in claims:
        assert claim["n"] > 0
        assert claim["method"]
        assert claim["threshold"] is not None
        assert claim["verdict"] in {"pass", "fail", "inconclusive"}
    assert made["verdict"] == "fail"
    assert [one["verdict"] for one in made["scenarios"]] == ["pass", "fail"]


def test_it_says_what_it_holds_for(tmp_path: Path) -> None:
    made = document(tmp_path, passed())
    assert made["verdict"] == "pass"
    assert made["machine"]["cores"] > 0
    assert made["versions"]["numpy"]
    assert made["provenance"]["config"] == "ab12"
    assert made["seed"] == 7
    assert made["strategies"][0].startswith("random_entry@")
    assert made["thresholds"]["error_rate"] == 0.001


def test_the_table_shows_bounds_and_says_what_is_open(tmp_path: Path) -> None:
    text = stress_text(document(tmp_path, passed(), missed()))
    assert "3,200 orders" in text
    assert "<= 0.09357 %" in text
    assert "n too small" in text
    assert "…" not in text
    assert "(99 %)" in text
    assert "FAILED" in text
    assert "ictcli stress --strategy random_entry" in text
    assert max(len(line) for line in text.splitlines()) <= 120


def test_the_command_names_variables_that_changed_the_configuration(tmp_path: Path) -> None:
    made = document(tmp_path, passed())
    made["provenance"]["environment"] = {"ICTCLI_STRESS__ERROR_RATE": "0.5"}
    assert "ICTCLI_STRESS__ERROR_RATE=0.5 ictcli stress" in " ".join(stress_text(made).split())


def test_what_was_stopped_says_so_and_is_no_pass(tmp_path: Path) -> None:
    stopped = document(tmp_path, replace(passed(), finished=False), left=("memory",))
    assert stopped["verdict"] == "inconclusive"
    assert not stopped["finished"]
    assert "not finished: throughput, memory" in headline(stopped)
    assert "stopped before its end" in stress_text(stopped)
    assert "not finished" in stress_page(stopped)


def test_what_broke_stands_in_table_and_page(tmp_path: Path) -> None:
    broken = replace(passed(), claims=(), error="DataError: gone", trace=("/trading/x.py:3 play",))
    made = document(tmp_path, broken)
    assert made["verdict"] == "fail"
    for shown in (stress_text(made), stress_page(made)):
        assert "DataError: gone" in shown
        assert "/trading/x.py:3 play" in shown


def test_the_page_needs_no_network_and_shows_notes_as_text(tmp_path: Path) -> None:
    page = stress_page(document(tmp_path, passed(), missed()))
    assert "://" not in page
    assert "<script" not in page
    assert "&lt;b&gt;few&lt;/b&gt;" in page
    assert "rule of three" in page
    assert len(page) < 40_000
