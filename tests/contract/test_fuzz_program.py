"""Mangled files through the real program: always a reason, never a traceback, never exit 1."""

import io
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

SEED = int(os.environ.get("ICTCLI_PROOF_SEED", "1"))
EXPECTED = {0, 2, 3, 4, 5}
START = 1_704_150_000  # 2024-01-01 23:00 UTC, a Monday


def rows(count: int) -> list[tuple[int, float, float, float, float, int]]:
    """Plausible EURUSD minutes: unix second, open, high, low, close, volume."""
    rng = random.Random(5)
    price, made = 1.1, []
    for i in range(count):
        close = round(price + rng.gauss(0, 0.0001), 5)
        high, low = round(max(price, close) + 0.00004, 5), round(min(price, close) - 0.00004, 5)
        made.append((START + 60 * i, round(price, 5), high, low, close, rng.randint(1, 90)))
        price = close
    return made


def generic_csv() -> bytes:
    lines = ["ts,open,high,low,close,tick_volume"]
    lines += [f"{ts},{o:.5f},{h:.5f},{lo:.5f},{c:.5f},{v}" for ts, o, h, lo, c, v in rows(400)]
    return "\n".join(lines).encode()


def histdata() -> bytes:
    return "\n".join(
        f"20240102 {i // 60:02d}{i % 60:02d}00;{o:.6f};{h:.6f};{lo:.6f};{c:.6f};0"
        for i, (_, o, h, lo, c, _v) in enumerate(rows(400))
    ).encode()


def mt5_export() -> bytes:
    lines = ["<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>"]
    lines += [
        f"2024.01.02\t{i // 60:02d}:{i % 60:02d}:00\t{o:.5f}\t{h:.5f}\t{lo:.5f}\t{c:.5f}\t{v}\t0\t8"
        for i, (_, o, h, lo, c, v) in enumerate(rows(400))
    ]
    return "\n".join(lines).encode("utf-16")


def parquet() -> bytes:
    ts, o, h, lo, c, v = zip(*rows(400), strict=True)
    columns = {"open": o, "high": h, "low": lo, "close": c, "tick_volume": v}
    stamps = pa.array([s * 1_000_000_000 for s in ts], pa.timestamp("ns", "UTC"))
    target = io.BytesIO()
    pq.write_table(pa.table({"ts": stamps, **columns}), target)
    return target.getvalue()


SAMPLES = {
    "EURUSD_M1.csv": generic_csv(),
    "DAT_ASCII_EURUSD_M1_202401.csv": histdata(),
    "EURUSD_M1_export.csv": mt5_export(),
    "EURUSD_M1.parquet": parquet(),
}


def mangle(data: bytes, rng: random.Random) -> bytes:
    """Cut, double, overwrite or truncate: what disks, editors and mail gateways do to files."""
    out = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at, length = rng.randrange(len(out) + 1), rng.choice([1, 4, 60, 900])
        match rng.randrange(5):
            case 0:
                del out[at : at + length]
            case 1:
                out[at:at] = out[at : at + length]
            case 2:
                out[at : at + length] = bytes(rng.randrange(256) for _ in range(min(length, 20)))
            case 3:
                out[at:at] = rng.choice([b"\x00", b"\n\n", b'"', b",,", b"nan", b"-1e999", b"\xff\xfe"])
            case _:
                del out[max(1, at) :]
    return bytes(out)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ictcli", *arguments],
        capture_output=True, text=True, encoding="utf-8", errors="replace", timeout=120, check=False,
    )  # fmt: skip


def judge(done: subprocess.CompletedProcess[str], what: str) -> None:
    told = done.stdout + done.stderr
    assert "Traceback" not in told, f"{what}: {told}"
    assert "panicked" not in told, f"{what}: {told}"
    assert done.returncode in EXPECTED, f"{what}: exit {done.returncode}: {told}"
    if done.returncode:
        assert "error:" in done.stderr or "found:" in done.stderr, (
            f"{what}: exit {done.returncode} without a reason: {told}"
        )


def fuzz(count: int, folder: Path) -> dict[int, int]:
    """Exit code = how often, over ``count`` mangled files."""
    rng, seen = random.Random(SEED), dict.fromkeys(sorted(EXPECTED), 0)
    for i in range(count):
        name = rng.choice(list(SAMPLES))
        place = folder / str(i)
        (place / "in").mkdir(parents=True)
        path = place / "in" / name
        path.write_bytes(mangle(SAMPLES[name], rng))
        done = run("-w", str(place), "fetch", "--source", "file", "--path", str(path), "--label", "x",
                   "--symbol", "EURUSD", "-t", "M1", "--source-tz", "utc", "--yes")  # fmt: skip
        judge(done, f"seed {SEED}, file {i}, {name}")
        seen[done.returncode] += 1
    return seen


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_untouched_samples_are_imported(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(SAMPLES[name])
    done = run("-w", str(tmp_path), "fetch", "--source", "file", "--path", str(path), "--label", "x",
               "--symbol", "EURUSD", "-t", "M1", "--source-tz", "utc", "--yes", "--json")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["series"][0]["stored"]["rows"] == 400, done.stdout


def test_mangled_files_through_the_program_always_give_a_reason(tmp_path: Path) -> None:
    seen = fuzz(4, tmp_path)
    assert sum(seen.values()) == 4


@pytest.mark.proof
def test_two_hundred_mangled_files_through_the_program(
    tmp_path: Path, proof_facts: dict[str, object]
) -> None:
    seen = fuzz(240, tmp_path)
    proof_facts["exit_codes"] = {str(code): count for code, count in seen.items()}
    assert sum(seen.values()) == 240
