"""The whole chain as its script and the crontab tell it: every step and exit code, and the jobs beside it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ictcli.workspace import create
from tests.contract.pages import DOCS, ROOT, blocks, put_programs

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="cron and flock are of Unix"),
    pytest.mark.skipif(shutil.which("flock") is None, reason="flock is not installed"),
]
CHAIN = ROOT / "scripts" / "chain.sh"
CRONTAB = ROOT / "scripts" / "crontab"
FIELDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
STEPS = (
    *("fetch", "detect", "train", "backtest", "trade", "reconcile", "trade", "reconcile", "report", "report"),
)
SIMULATED = """
[sources.sim]
kind = "sim"
symbols = ["EURUSD"]
timeframe = "M15"
start = "2024-01-01"
end = "2024-02-10"
edge = 1.0

[train]
models = ["logistic"]
folds = 2
every = 3
embargo = 0.0
"""
"""Six weeks with a planted edge; a month has no room for what features look back."""
GATE = '[[checks]]\nmetric = "net_expectancy_r"\nop = ">"\nvalue = {value}\nmin_n = 10\n'


def jobs() -> dict[str, tuple[list[str], str]]:
    """Every job of the crontab by what it runs: its time, and its line for the shell."""
    found = {}
    for line in CRONTAB.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#") or re.match(r"[A-Z_]+=", line):
            continue
        *fields, user, command = line.split(maxsplit=6)
        assert user == "trader"
        name = re.search(r"ictcli ([a-z]+(?: (?:watch|send|create|drill))?)|(chain)\.sh", command)
        assert name is not None
        found[name[1] or name[2]] = (fields, command)
    return found


def typed(tmp_path: Path, command: str, **changed: str) -> subprocess.CompletedProcess[str]:
    """Run a job's line as cron does: by a bare shell, in another folder, with hardly a variable."""
    places = {"/srv/desk": tmp_path / "desk", "/srv/research": tmp_path / "desk", "/opt/ictcli": ROOT}
    for old, new in {**{old: str(new) for old, new in places.items()}, **changed}.items():
        command = command.replace(old, new)
    environ = {
        "HOME": str(tmp_path), "SHELL": "/bin/sh", "LOGNAME": "trader",
        "PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin", "ICTCLI_CACHE_DIR": os.environ["ICTCLI_CACHE_DIR"],
    }  # fmt: skip
    return subprocess.run(
        ["/bin/sh", "-c", command], cwd="/", env=environ, capture_output=True, text=True, check=False
    )


def desk(folder: Path, config: str, *, least: float) -> Path:
    """A workspace with programs beside it, and a gate of one check."""
    create(folder / "desk")
    put_programs(folder)
    (folder / "desk" / "config" / "ictcli.toml").write_text(config, encoding="utf-8")
    (folder / "desk" / "config" / "gates.toml").write_text(GATE.format(value=least), encoding="utf-8")
    return folder / "desk"


def steps(log: str) -> list[tuple[str, int]]:
    """Each step of a chain and its exit code."""
    return [(name, int(code)) for name, code in re.findall(r"^chain: (\w+): exit (\d+)$", log, re.MULTILINE)]


def test_the_chain_of_the_crontab_runs_from_bars_to_a_report_and_stops_at_a_gate(tmp_path: Path) -> None:
    """One after the other in one workspace: what is up to date is not done again."""
    folder = desk(tmp_path, SIMULATED, least=0.0)
    line = jobs()["chain"][1]
    done = typed(tmp_path, line, **{"365d": "2024-01-01"})
    log = (folder / "state" / "chain.log").read_text(encoding="utf-8")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), log
    assert steps(log) == [(name, 0) for name in STEPS]
    assert "up to date" not in log
    assert "Fill assumptions" in (folder / "report.txt").read_text(encoding="utf-8")
    (folder / "config" / "gates.toml").write_text(GATE.format(value=5.0), encoding="utf-8")
    done = typed(tmp_path, line, **{"365d": "2024-01-01"})
    log = (folder / "state" / "chain.log").read_text(encoding="utf-8")
    assert steps(log) == [("fetch", 0), ("detect", 0), ("train", 0), ("backtest", 3)]
    assert done.stdout.endswith("chain: exit 3\n")


def test_the_chain_says_how_it_is_called(tmp_path: Path) -> None:
    put_programs(tmp_path)
    done = typed(tmp_path, f"{CHAIN} EURUSD")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("usage: chain.sh SYMBOL")


def test_jobs_tell_cron_when_they_fail_and_nothing_when_they_do_not(tmp_path: Path) -> None:
    folder = desk(tmp_path, "", least=0.0)
    told = {name: typed(tmp_path, line) for name, (_, line) in jobs().items() if name != "chain"}
    assert told["reconcile"].stdout.endswith("reconcile: exit 5\n"), "nobody has traded here"
    assert told["alerts send"].stdout.endswith("alerts: exit 4\n"), "no channel is configured"
    assert told["fetch"].stdout.endswith("fetch: exit 2\n"), "no such source"
    for name in ("alerts watch", "backup create", "backup drill", "doctor"):
        assert (told[name].stdout, told[name].stderr) == ("", ""), name
    assert (folder / "state" / "reconcile.prom").is_file()
    assert list((folder / "backups").iterdir())


def test_a_job_that_hangs_ends_and_one_that_runs_is_not_begun_again(tmp_path: Path) -> None:
    folder = desk(tmp_path, "", least=0.0)
    line = jobs()["doctor"][1]
    assert typed(tmp_path, line, **{"timeout 10m": "timeout 0.02"}).stdout.endswith("doctor: exit 124\n")
    with subprocess.Popen(
        ["flock", str(folder / "state" / "doctor.lock"), "cat"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    ) as holder:
        assert holder.stdin is not None
        while (
            subprocess.run(
                ["flock", "-n", str(folder / "state" / "doctor.lock"), "true"], check=False
            ).returncode
            == 0
        ):
            pass
        assert typed(tmp_path, line).stdout.endswith("doctor: exit 1\n")
        holder.stdin.close()


def test_the_crontab_means_utc_and_every_field_is_one() -> None:
    text = CRONTAB.read_text(encoding="utf-8")
    assert "CRON_TZ=UTC" in text.splitlines()
    assert set(jobs()) == {
        *("fetch", "alerts watch", "alerts send", "reconcile"),
        *("backup create", "backup drill", "doctor", "chain"),
    }
    for fields, command in jobs().values():
        assert "%" not in command  # cron takes it for the end of the line
        assert re.search(r"flock -n state/\w+\.lock timeout \d+[mh] ", command)
        for field, (first, last) in zip(fields, FIELDS, strict=True):
            assert field == "*" or all(first <= int(part) <= last for part in field.split("-"))


def test_the_manual_shows_script_and_timetable_as_they_are() -> None:
    page = (DOCS / "operations.md").read_text(encoding="utf-8")
    for file, language in ((CHAIN, "sh"), (CRONTAB, "cron")):
        assert f"```{language}\n{file.read_text(encoding='utf-8')}```" in page


@pytest.mark.parametrize("page", ["alerts.md", "backup.md", "operations.md", "reconcile.md"])
def test_every_line_of_a_timetable_in_a_page_is_one_of_the_crontab(page: str) -> None:
    (table,) = blocks((DOCS / page).read_text(encoding="utf-8"), "cron")
    true = CRONTAB.read_text(encoding="utf-8").splitlines()
    assert [line for line in table.splitlines() if line not in true] == []


@pytest.mark.proof
@pytest.mark.parametrize(
    ("file", "symbol", "since"),
    [
        ("bars/EURUSD_M15_brokerJ.parquet", "EURUSD", "2024-05-13"),
        ("raw/mt5export_XAUUSD_M15_DATE_TIME_tab.csv", "XAUUSD", "2025-01-01"),
    ],
)
def test_the_chain_judges_real_files(
    file: str, symbol: str, since: str, real_data: Path, tmp_path: Path, proof_facts: dict[str, object]
) -> None:
    """Without an edge the shipped gate must stop the chain; a gate that asks nothing lets it run."""
    create(tmp_path / "desk")
    put_programs(tmp_path)
    path = (real_data / file).resolve()
    call = f"cd /srv/desk && {CHAIN} {symbol} M15 fvg_retest {since} --source file --path {path} --yes"
    done = typed(tmp_path, call)
    assert steps(done.stderr) == [("fetch", 0), ("detect", 0), ("train", 0), ("backtest", 3)], done.stderr
    (tmp_path / "desk" / "config" / "gates.toml").write_text(GATE.format(value=-5.0), encoding="utf-8")
    done = typed(tmp_path, call)
    proof_facts["steps"] = steps(done.stderr)
    assert steps(done.stderr) == [(name, 0) for name in STEPS], done.stderr
