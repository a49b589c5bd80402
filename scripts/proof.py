"""Run every test marked ``proof`` as its own shard and keep the results in docs/proofs/.

    python scripts/proof.py [PATTERN]      (ICTCLI_PROOF_JOBS=2 runs two shards at a time)

A shard that already passed on the same sources is skipped, so an interrupted run resumes. Each result
file names the command that repeats it, the seed, the machine and the measured facts the test reported.
"""

import hashlib
import json
import os
import platform
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "docs" / "proofs"
SEED = 20260101


def sources_hash(node: str) -> str:
    """Hash of the package and of the shard's test file: a proof holds for exactly these."""
    digest = hashlib.sha256()
    code = [path for path in (ROOT / "ictcli").rglob("*") if path.suffix in {".py", ".toml"}]
    for path in [*sorted(code), ROOT / node.partition("::")[0]]:
        digest.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def shards(pattern: str) -> list[str]:
    """Node ids of all proof tests whose id contains ``pattern``."""
    listing = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-m", "proof"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = [line for line in listing.stdout.splitlines() if "::" in line and pattern in line]
    if not found:
        sys.exit(f"no proof tests match {pattern!r}\n{listing.stdout}{listing.stderr}")
    return found


def outcome(done: "subprocess.CompletedProcess[str]") -> str:
    """passed, failed, or skipped when pytest ran nothing."""
    if done.returncode:
        return "failed"
    return "passed" if " passed" in done.stdout else "skipped"


def run(node: str) -> bool:
    """Run one shard unless its result is already on file; True when it passed."""
    code = sources_hash(node)
    name = node.removeprefix("tests/").replace("/", ".").replace(".py::", ".").replace("::", ".")
    target = RESULTS / f"{name.translate(str.maketrans('[]', '--'))}.json"
    if target.is_file():
        known = json.loads(target.read_text())
        if known["sources"] == code and known["outcome"] in {"passed", "skipped"}:
            print(f"{name}: {known['outcome']} before on these sources")
            return True
    facts = target.with_suffix(".facts")
    environment = {
        **os.environ, "ICTCLI_TEST_PROFILE": "proof", "ICTCLI_PROOF_SEED": str(SEED),
        "ICTCLI_PROOF_FACTS": str(facts),
    }  # fmt: skip
    started = time.monotonic()
    command = ["python", "-m", "pytest", "-q", "-m", "proof", node]
    done = subprocess.run(
        [sys.executable, *command[1:], "-p", "no:cacheprovider"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    record = {
        "proof": name,
        "command": "ICTCLI_TEST_PROFILE=proof " + " ".join(command),
        "seed": SEED,
        "outcome": outcome(done),
        "seconds": round(time.monotonic() - started, 1),
        "facts": json.loads(facts.read_text()) if facts.is_file() else {},
        "sources": code,
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
    }
    facts.unlink(missing_ok=True)
    target.write_text(json.dumps(record, indent=2) + "\n")
    print(f"{name}: {record['outcome']} in {record['seconds']} s", flush=True)
    if done.returncode:
        print(done.stdout[-6000:], done.stderr[-2000:], flush=True)
    return done.returncode == 0


def main() -> None:
    """Run all shards and fail if one of them failed."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    nodes = shards(sys.argv[1] if len(sys.argv) > 1 else "")
    with ThreadPoolExecutor(int(os.environ.get("ICTCLI_PROOF_JOBS", "1"))) as pool:
        outcomes = list(pool.map(run, nodes))
    print(f"{sum(outcomes)} of {len(outcomes)} proofs passed")
    sys.exit(0 if all(outcomes) else 1)


if __name__ == "__main__":
    main()
