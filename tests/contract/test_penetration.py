"""What docs/penetration-test.md tried, as far as no test of a room does it: names, pages, files, secrets."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ictcli.__main__ import run
from ictcli.ledger import bodies
from ictcli.ledger.address import find_place
from ictcli.ledger.anchors import read_anchors
from ictcli.ledger.copies import check_ledger
from ictcli.ledger.journal import open_journal
from ictcli.store.atomic import write_file
from ictcli.workspace import create
from tests.ledger.stories import NOW
from tests.operations.desks import tell

ROOT = Path(__file__).parents[2]
CANARY = "canary-6f0c2a91-of-a-secret"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    create(tmp_path / "desk")
    monkeypatch.chdir(tmp_path / "desk")
    monkeypatch.delenv("ICTCLI_WORKSPACE", raising=False)
    return tmp_path / "desk"


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "question",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('../desk/state/secret.key')",
        "SELECT * FROM read_blob('/proc/self/environ')",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM read_parquet('https://example.com/x.parquet')",
        "SELECT * FROM duckdb_secrets()",
        "COPY (SELECT 1) TO 'data/x.csv'",
        "ATTACH 'data/x.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "PRAGMA database_list",
        "CALL pragma_version()",
        "SELECT 1; DROP VIEW bars",
        "EXPLAIN ANALYZE COPY (SELECT 1) TO 'data/x.csv'",
    ],
)
def test_a_question_reads_the_data_folder_and_writes_nothing(
    desk: Path, capsys: pytest.CaptureFixture[str], question: str
) -> None:
    before = files(desk)
    assert run(["query", question]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "root:" not in told.err
    assert {
        name for name in files(desk) - before if not name.startswith(("state/l", "data/catalog"))
    } == set()


def test_a_link_in_the_data_folder_does_not_lead_a_question_out(
    desk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "outside.csv").write_text(f"a\n{CANARY}\n")
    (desk / "data" / "link.csv").symlink_to(tmp_path / "outside.csv")
    assert run(["query", f"SELECT * FROM read_csv('{desk}/data/link.csv')"]) == 2
    assert CANARY not in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    "words",
    [
        ["report", "../../etc/passwd"], ["models", "show", "../../x"],
        ["models", "delete", "../state", "--yes"],
        ["fetch", "../../EVIL", "--source", "sim", "--years", "1"], ["detect", "../../x"],
        ["backtest", "EURUSD", "--strategy", "../x"], ["backup", "verify", "../../../etc"],
        ["ledger", "restore", "/etc/hostname", "--yes"],
    ],
    ids=lambda words: " ".join(words[:2]),
)  # fmt: skip
def test_a_name_that_is_a_path_is_refused(
    desk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    beside = files(tmp_path) - {f"desk/{name}" for name in files(desk)}
    assert run(words) in {2, 4, 5}
    assert "Traceback" not in capsys.readouterr().err
    assert files(tmp_path) - {f"desk/{name}" for name in files(desk)} == beside
    assert (desk / "state" / "secret.key").is_file()


def test_every_page_forbids_foreign_scripts_and_every_network_and_makes_no_html_of_words() -> None:
    reports = ROOT / "ictcli" / "reports"
    shell = (reports / "page_shell.py").read_text("utf-8")
    assert 'http-equiv="Content-Security-Policy"' in shell
    assert "default-src 'none'" in shell
    assert "unsafe-eval" not in shell
    for part in reports.glob("*.html"):
        assert not re.search("<html|<script", part.read_text("utf-8")), f"{part.name} goes round the shell"
    for script in reports.glob("*.js"):
        program = script.read_text("utf-8")
        unsafe = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\("
        assert not re.search(unsafe, program), script.name


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_a_link_in_a_files_place_is_replaced_and_not_written_through(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    for name in ("terminal.bin", f".tmp-{os.getpid()}-other"):
        (tmp_path / name).symlink_to(victim)
    write_file(tmp_path / "terminal.bin", b"state", private=True)
    assert victim.read_text() == "mine"
    assert (tmp_path / "terminal.bin").read_bytes() == b"state"


def test_another_key_an_edited_anchor_and_a_cut_ledger_are_each_found(desk: Path) -> None:
    place = find_place(desk / "state", {})
    tell(place, range(3))
    assert check_ledger(place).faults == ()
    text = place.anchors.read_text()
    place.anchors.write_text(text.replace('"seq":', '"seq":1', 1))
    assert check_ledger(place).faults[0].what == "anchor"
    place.anchors.write_text(text)
    key = (desk / "state" / "secret.key").read_text()
    (desk / "state" / "secret.key").write_text("00" * 32 + "\n")
    other = find_place(desk / "state", {})
    assert {fault.what for fault in check_ledger(other).faults} == {"anchor"}
    (desk / "state" / "secret.key").write_text(key)
    assert place.address.file is not None
    before = place.address.file.read_bytes()
    with open_journal(place, now=NOW) as journal:
        journal.append([bodies.Stop(reason="x")], NOW)
    place.address.file.write_bytes(before)
    assert read_anchors(place.anchors, place.key).last > 28
    assert check_ledger(place).faults[0].detail.startswith("the ledger ends at event 28")


def test_the_package_unpickles_nothing_of_a_workspace() -> None:
    modules = r"^\s*(import|from)\s+(pickle|cPickle|dill|cloudpickle|shelve|marshal)\b"
    calls = r"allow_pickle\s*=\s*True|yaml\.load\(|joblib\.load\(|torch\.load\("
    bad = []
    for path in sorted((ROOT / "ictcli").rglob("*.py")):
        text = path.read_text("utf-8")
        if re.search(modules, text, re.MULTILINE) or re.search(calls, text):
            bad.append(path.name)
    assert bad == []


def test_a_secret_of_the_environment_is_in_no_output_and_no_file(desk: Path) -> None:
    (desk / "config" / "ictcli.toml").write_text(
        '[brokers.desk]\nterminal = "bridge"\nport = 1\nlogin = 7\npassword_env = "DESK_PASSWORD"\n'
    )
    environ = os.environ | {"ICTCLI_BRIDGE_TOKEN": CANARY, "DESK_PASSWORD": CANARY}
    done = subprocess.run(
        [sys.executable, "-m", "ictcli", "doctor", "--json", "-v"],
        cwd=desk, env=environ, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert json.loads(done.stdout)["checks"]
    assert CANARY not in done.stdout + done.stderr
    for path in desk.rglob("*"):
        assert not path.is_file() or CANARY.encode() not in path.read_bytes(), path
