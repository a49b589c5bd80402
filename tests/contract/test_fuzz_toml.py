"""No configuration file, however mangled, may do worse than be refused with a reason."""

import os
import random
import re
from importlib.resources import files
from pathlib import Path

import pytest

from ictcli.config.loading import load
from ictcli.errors import ConfigError
from ictcli.market.symbols import load_symbols
from ictcli.research.gates import load_gate

TEMPLATES = ("ictcli.toml", "symbols.toml", "gates.toml")
FRAGMENTS = (
    "nan", "inf", "-1", "1e400", "[[", "]", '"', "=", "\x00", "'''", "1979-05-27", "{}", "[]", "true", "0x",
    "99999999999999999999999", "é", "\\u0000", "#", ".", "\n", "kind", "sources", '"-0"', "[a.b]",
)  # fmt: skip
SEED = int(os.environ.get("ICTCLI_PROOF_SEED", "1"))


def mangle(text: str, rng: random.Random) -> bytes:
    """A few random edits: bytes cut, doubled, swapped, or replaced by awkward fragments."""
    data = bytearray(text.encode())
    for _ in range(rng.randint(1, 6)):
        at, length = rng.randrange(len(data) + 1), rng.randrange(12)
        match rng.randrange(5):
            case 0:
                del data[at : at + length]
            case 1:
                data[at:at] = data[at : at + length]
            case 2:
                data[at:at] = rng.choice(FRAGMENTS).encode()
            case 3:
                data[at : at + length] = rng.choice(FRAGMENTS).encode()
            case _:
                data[at : at + 1] = bytes([rng.randrange(256)])
    return bytes(data)


def uncommented(name: str) -> str:
    """The shipped template with its commented examples switched on, so that values get mangled too."""
    text = files("ictcli.templates").joinpath(name).read_text(encoding="utf-8")
    lines = [line[2:] if re.match(r"# [\w.]+ = ", line) else line for line in text.splitlines()]
    return "\n".join(lines)


def attempt(name: str, path: Path) -> bool:
    """Load one file; True when it was accepted, False when refused with a reason."""
    try:
        match name:
            case "ictcli.toml":
                load(path.parent, files=[path], environ={})
            case "symbols.toml":
                load_symbols(path)
            case _:
                load_gate(path)
    except ConfigError as error:
        assert error.message
        assert "\n" not in error.message
        return False
    return True


def fuzz(name: str, count: int, folder: Path) -> tuple[int, int]:
    """Number of mangled files accepted and refused; any other exception propagates."""
    rng = random.Random(f"{SEED}{name}")
    text, path = uncommented(name), folder / name
    accepted = 0
    for _ in range(count):
        path.write_bytes(mangle(text, rng))
        accepted += attempt(name, path)
    return accepted, count - accepted


@pytest.mark.parametrize("name", TEMPLATES)
def test_mangled_toml_is_accepted_or_refused_with_a_reason(name: str, tmp_path: Path) -> None:
    accepted, refused = fuzz(name, 150, tmp_path)
    assert accepted > 0, "the mangling must leave some files valid, or it tests only the parser"
    assert refused > 0


@pytest.mark.proof
def test_ten_thousand_mangled_toml_files(tmp_path: Path, proof_facts: dict[str, object]) -> None:
    for name in TEMPLATES:
        accepted, refused = fuzz(name, 3400, tmp_path)
        proof_facts[name] = {"files": 3400, "accepted": accepted, "refused": refused}
        assert accepted + refused == 3400
