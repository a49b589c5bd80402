"""``make security``: each step finds what is planted, and says so when it could not look."""

import argparse
import importlib.util
import json
import socket
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
ONLINE = argparse.Namespace(offline=False, accept=False)
OFFLINE = argparse.Namespace(offline=True, accept=False)
PLANTED = f"ghp_{'16C7e42F292c6912'}{'E7710c838347Ae178B4a'}"


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("security_steps", ROOT / "scripts" / "security.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


security = script()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small tree without fault."""
    (tmp_path / "ictcli").mkdir()
    (tmp_path / "ictcli" / "good.py").write_text('"""Nothing to see."""\n\nVALUE = 1\n')
    (tmp_path / "requirements.lock").write_text(f"click==8.3.0 \\\n    --hash=sha256:{'0' * 64}\n")
    return tmp_path


def test_a_planted_weakness_is_found_and_one_that_says_why_is_waived(tree: Path) -> None:
    (tree / "ictcli" / "bad.py").write_text(
        "import subprocess\n\n\n"
        "def run(text: str) -> None:\n"
        "    subprocess.call(text, shell=True)\n"
        "    eval(text)  # noqa: S307 - a waiver with its reason\n"
        "    eval(text)  # noqa: S307\n"
    )
    outcome = security.bandit(tree, OFFLINE)
    assert outcome.state == "failed"
    assert [one.split(": ")[0:2][0] for one in outcome.findings] == ["ictcli/bad.py:5", "ictcli/bad.py:7"]
    assert "1 findings waived" in outcome.text
    (tree / "ictcli" / "bad.py").unlink()
    assert security.bandit(tree, OFFLINE).state == "passed"


def test_a_planted_secret_is_found_until_a_person_accepts_it(tree: Path) -> None:
    (tree / "notes.md").write_text(f"token: {PLANTED}\n")
    outcome = security.secrets(tree, OFFLINE)
    assert outcome.state == "failed"
    assert outcome.findings == ("notes.md:1: GitHub Token",)
    accepting = argparse.Namespace(offline=True, accept=True)
    assert security.secrets(tree, accepting).state == "passed"
    (tree / "notes.md").write_text(f"\n\nmoved\ntoken: {PLANTED}\n")
    assert security.secrets(tree, OFFLINE).state == "passed"
    (tree / "other.md").write_text(f"token: {PLANTED}\n")
    assert security.secrets(tree, OFFLINE).findings == ("other.md:1: GitHub Token",)


def test_the_bill_of_materials_names_every_pin_or_fails(tree: Path) -> None:
    with (tree / "requirements.lock").open("a") as lock:
        lock.write("demo==1.0 @@ nonsense\n")
    outcome = security.sbom(tree, OFFLINE)
    assert (outcome.state, outcome.findings) == ("failed", ("demo 1.0 is not in it",))
    (component,) = security.components(tree / "build" / "sbom.json")
    assert (component["name"], component["version"]) == ("click", "8.3.0")


def test_offline_the_audit_is_skipped_and_says_so(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert security.reachable(("127.0.0.1", port))
    monkeypatch.setattr(security, "SERVICE", ("127.0.0.1", port))
    for options in (ONLINE, OFFLINE):
        outcome = security.audit(tree, options)
        assert outcome.state == "skipped"
        assert "looked up" in outcome.text


def test_a_known_vulnerability_fails_and_an_answer_that_is_none_does_not_pass() -> None:
    hole = {"id": "PYSEC-2026-1", "fix_versions": ["2.0"], "aliases": [], "description": ""}
    packages: list[dict[str, Any]] = [{"name": "click", "version": "8.3.0", "vulns": []}]
    assert security.audited(json.dumps({"dependencies": packages}), "").state == "passed"
    packages.append({"name": "demo", "version": "1.0", "vulns": [hole]})
    outcome = security.audited(json.dumps({"dependencies": packages}), "")
    assert (outcome.state, outcome.findings) == ("failed", ("demo 1.0: PYSEC-2026-1, fixed in ['2.0']",))
    assert security.audited("", "ERROR: HTTPSConnectionPool(host='pypi.org'): timed out").state == "skipped"
    assert security.audited("", "ERROR: cannot parse requirements").state == "failed"


def test_main_fails_with_its_steps(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert security.main(["audit", "--offline", "--root", str(tree)]) == 0
    assert "skipped" in capsys.readouterr().out
    (tree / "ictcli" / "bad.py").write_text("eval(input())\n")
    assert security.main(["bandit", "--root", str(tree)]) == 1
    assert "ictcli/bad.py:1: B307" in capsys.readouterr().out


def test_every_rule_that_is_not_asked_has_a_reason() -> None:
    assert all(len(why) > 10 for why in security.SKIPPED_RULES.values())
