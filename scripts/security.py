"""What ``make security`` does: static analysis, known vulnerabilities, secrets, bill of materials.

    python scripts/security.py [bandit] [audit] [secrets] [sbom] [--offline] [--root DIR] [--accept]

Each step passes, fails, or is skipped with a reason; any failure is exit code 1. ``--accept`` writes the
baseline of the secret scan anew: look at every line of its difference before you commit it.
"""

import argparse
import json
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
LOCK, BASELINE, SBOM = "requirements.lock", ".secrets.baseline", Path("build", "sbom.json")
SERVICE = ("pypi.org", 443)
SKIPPED_RULES = {
    "B101": "asserts state what cannot be otherwise; nothing is checked by them that comes from outside",
    "B105": "the secret scan looks for these, and knows a word such as 'passed' from a password",
    "B311": "simulation and bootstrap need reproducible, not cryptographic, randomness",
    "B404": "importing subprocess does nothing; each call is looked at (B603)",
    "B610": "there is no Django here",
}
"""Rules that are not asked, and why. A finding of any other is waived in its line only, with a reason."""
NOT_SCANNED = re.compile(
    r"docs/proofs/.*\.json|.*requirements[^/]*\.lock|\.secrets\.baseline|.*\.(png|gz|parquet|db)"
)
"""Files without secrets of ours that are full of hashes: results of proofs, locked hashes, binary files."""

State = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True)
class Outcome:
    """How a step ended, and what it found."""

    state: State
    text: str
    findings: tuple[str, ...] = ()


def bandit(root: Path, _options: argparse.Namespace) -> Outcome:
    """Every finding of bandit is waived in its line, or a failure."""
    done = run(root, "bandit", "-r", "ictcli", "-q", "-f", "json", "-s", ",".join(SKIPPED_RULES))
    found = json.loads(done.stdout)
    bad = [f"{one['filename']}: {one['reason']}" for one in found["errors"]]
    waived = 0
    for one in found["results"]:
        if is_waived(root / one["filename"], one["test_id"], one["line_range"]):
            waived += 1
        else:
            bad.append(f"{one['filename']}:{one['line_number']}: {one['test_id']} {one['issue_text']}")
    lines = found["metrics"]["_totals"]["loc"]
    return judged(bad, f"{lines:,} lines, {waived} findings waived in their lines with a reason")


def is_waived(path: Path, rule: str, lines: Iterable[int]) -> bool:
    """Whether one of the lines says why: ruff knows the same rules as S and their number."""
    text = path.read_text(encoding="utf-8").splitlines()
    pattern = re.compile(rf"#\s*noqa: S{rule[1:]} - \w+")
    return any(pattern.search(text[number - 1]) for number in lines if number <= len(text))


def audit(root: Path, options: argparse.Namespace) -> Outcome:
    """No locked package has a known vulnerability."""
    if options.offline:
        return Outcome("skipped", "--offline: known vulnerabilities were not looked up")
    if not reachable(SERVICE):
        return Outcome("skipped", f"offline: {SERVICE[0]} cannot be reached, so nothing was looked up")
    words = ["-r", LOCK, "--require-hashes", "--disable-pip", "--progress-spinner", "off", "-f", "json"]
    done = run(root, "pip-audit", *words)
    return audited(done.stdout, done.stderr)


def audited(out: str, err: str) -> Outcome:
    """What pip-audit's answer means."""
    try:
        packages = json.loads(out)["dependencies"]
    except (ValueError, KeyError):
        why = last_line(err)
        gone = re.search(r"ConnectionError|HTTPSConnectionPool|Timeout|ServiceError|ProxyError|resolve", err)
        return Outcome("skipped" if gone else "failed", f"nothing was looked up: {why}")
    bad = [
        f"{one['name']} {one['version']}: {hole['id']}, fixed in {hole['fix_versions'] or 'no version yet'}"
        for one in packages
        for hole in one.get("vulns", ())
    ]
    return judged(bad, f"{len(packages)} locked packages")


def reachable(address: tuple[str, int]) -> bool:
    """Whether somebody listens there."""
    try:
        with socket.create_connection(address, timeout=3):
            return True
    except OSError:
        return False


def secrets(root: Path, options: argparse.Namespace) -> Outcome:
    """No tracked file holds a secret that the baseline does not know."""
    files = [name for name in tracked(root) if not NOT_SCANNED.fullmatch(name)]
    done = run(root, "detect-secrets", "scan", *files)
    if done.returncode:
        return Outcome("failed", f"detect-secrets: {last_line(done.stderr)}")
    found = json.loads(done.stdout)
    if options.accept:
        (root / BASELINE).write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        return Outcome("passed", f"wrote {BASELINE}: look at its difference")
    path = root / BASELINE
    known = marks(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else set()
    bad = [
        f"{name}:{one['line_number']}: {one['type']}"
        for name, ones in sorted(found["results"].items())
        for one in ones
        if (name, one["type"], one["hashed_secret"]) not in known
    ]
    return judged(
        bad, f"{len(files)} tracked files, {len(known)} words of tests and examples in the baseline"
    )


def marks(scanned: dict[str, Any]) -> set[tuple[str, str, str]]:
    """What tells a finding again wherever its line has moved to."""
    return {
        (name, one["type"], one["hashed_secret"]) for name, ones in scanned["results"].items() for one in ones
    }


def tracked(root: Path) -> list[str]:
    """Files under version control; of a plain folder all of them."""
    done = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-z"], capture_output=True, text=True, check=False
    )
    if not done.returncode and done.stdout:
        return [name for name in done.stdout.split("\0") if name and (root / name).is_file()]
    return [path.relative_to(root).as_posix() for path in sorted(root.rglob("*")) if path.is_file()]


def sbom(root: Path, _options: argparse.Namespace) -> Outcome:
    """The bill of materials of everything that is locked, as CycloneDX."""
    target = root / SBOM
    target.parent.mkdir(exist_ok=True)
    done = run(
        root, "cyclonedx-py", "requirements", LOCK, "--output-reproducible", "--of", "JSON", "-o", str(target)
    )
    if done.returncode:
        return Outcome("failed", f"cyclonedx-py: {last_line(done.stderr)}")
    listed = {(one["name"], one.get("version", "")) for one in components(target)}
    pins = re.findall(
        r"^([A-Za-z0-9._-]+)==([^\s;]+)", (root / LOCK).read_text(encoding="utf-8"), re.MULTILINE
    )
    missing = [f"{name} {version} is not in it" for name, version in pins if (name, version) not in listed]
    return judged(missing, f"{SBOM.as_posix()}: {len(listed)} components, each with its hashes")


def components(path: Path) -> list[dict[str, str]]:
    """What a bill lists."""
    listed: list[dict[str, str]] = json.loads(path.read_text(encoding="utf-8")).get("components", [])
    return listed


def last_line(text: str) -> str:
    """What a tool said at last."""
    return text.strip().splitlines()[-1] if text.strip() else "it said nothing"


def judged(bad: list[str], text: str) -> Outcome:
    """Failed with findings, passed without."""
    return Outcome("failed" if bad else "passed", text, tuple(bad))


def run(root: Path, program: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a tool of this environment in the tree."""
    return subprocess.run([str(BIN / program), *words], cwd=root, capture_output=True, text=True, check=False)


STEPS: dict[str, Callable[[Path, argparse.Namespace], Outcome]] = {
    "bandit": bandit, "audit": audit, "secrets": secrets, "sbom": sbom,
}  # fmt: skip


def main(words: list[str]) -> int:
    """Run the steps; 1 where one failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("steps", nargs="*", choices=[*STEPS, []], help="all unless named")
    parser.add_argument("--offline", action="store_true", help="look nothing up")
    parser.add_argument("--accept", action="store_true", help="write the baseline of the secret scan anew")
    parser.add_argument("--root", type=Path, default=ROOT, help="tree to look at")
    options = parser.parse_args(words)
    failed = False
    for name in options.steps or STEPS:
        outcome = STEPS[name](options.root, options)
        failed = failed or outcome.state == "failed"
        print(f"{name:<8} {outcome.state:<8} {outcome.text}", flush=True)
        for one in outcome.findings:
            print(f"         {one}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
