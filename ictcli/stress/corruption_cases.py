"""Files of a workspace that are damaged, each in a way of its own, and what must be said of it."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from ictcli.errors import ExitCode
from ictcli.stress.program import ictcli

Spoil = Callable[[bytes, Random], bytes]
"""What is left of a file's content."""
READ = ("detect", "EURUSD", "--timeframe", "M1")
VERIFY = ("ledger", "verify")
STATUS = ("status",)
_SCRATCH = {"locks", "logs", "tmp"}
_CATALOG = "catalog"
"""Made anew from manifests whenever one changes."""
_PAGE = 4096


def flipped(content: bytes, random: Random) -> bytes:
    """One bit of the middle half."""
    spoiled = bytearray(content)
    at = random.randrange(len(content) // 4, len(content) * 3 // 4)
    spoiled[at] ^= 1 << random.randrange(8)
    return bytes(spoiled)


def cut(content: bytes, random: Random) -> bytes:
    """The end is missing."""
    return content[: random.randrange(1, len(content) * 3 // 4)]


def emptied(_content: bytes, _random: Random) -> bytes:
    """Nothing is left."""
    return b""


def page_lost(content: bytes, random: Random) -> bytes:
    """One page of a database reads as zeros, as from a bad block."""
    page = random.randrange(1, len(content) // _PAGE)
    return content[: page * _PAGE] + bytes(_PAGE) + content[(page + 1) * _PAGE :]


def inside(mark: bytes, after: int) -> Spoil:
    """One bit so many bytes behind the first byte of some text, where it stands first."""

    def spoil(content: bytes, _random: Random) -> bytes:
        spoiled = bytearray(content)
        spoiled[content.index(mark) + after] ^= 1
        return bytes(spoiled)

    return spoil


def with_line(line: str) -> Spoil:
    """Something is written in front of it."""
    return lambda content, _random: line.encode() + b"\n" + content


@dataclass(frozen=True, slots=True)
class Damage:
    """A case.

    Attributes:
        name: what is damaged, and how.
        file: glob below the workspace; the first match.
        spoil: how.
        words: a command that reads it.
        code: it must end with.
        varies: another seed damages another place.
    """

    name: str
    file: str
    spoil: Spoil
    words: tuple[str, ...]
    code: ExitCode
    varies: bool = False


_PART, _MANIFEST = "data/bars/**/month=*/*.parquet", "data/bars/**/manifest.json"
_LEDGER, _CONFIG = "state/ledger/ledger.db", "config/ictcli.toml"
DAMAGES: Sequence[Damage] = (
    Damage("a bit of a part", _PART, flipped, READ, ExitCode.DATA, varies=True),
    Damage("a part cut off", _PART, cut, READ, ExitCode.DATA, varies=True),
    Damage("a part emptied", _PART, emptied, READ, ExitCode.DATA),
    Damage("a manifest cut off", _MANIFEST, cut, READ, ExitCode.DATA, varies=True),
    Damage("a digit of a manifest's hash", _MANIFEST, inside(b'"sha256"', 14), READ, ExitCode.DATA),
    Damage("an event of the ledger", _LEDGER, inside(b'"kind":"filled"', 30), VERIFY, ExitCode.DATA),
    Damage("a page of the ledger", _LEDGER, page_lost, VERIFY, ExitCode.DATA, varies=True),
    Damage("a ledger cut off", _LEDGER, cut, VERIFY, ExitCode.DATA, varies=True),
    Damage("a key emptied", "state/secret.key", emptied, VERIFY, ExitCode.DATA),
    Damage("half a line in a configuration", _CONFIG, with_line("[trade"), STATUS, ExitCode.CONFIG),
    Damage("an unknown key in a configuration", _CONFIG, with_line("nonsense = 1"), STATUS, ExitCode.CONFIG),
)


def inflict(damage: Damage, folder: Path, random: Random) -> str:
    """Damage a file, run the command, and put the file back; what went wrong, empty for nothing.

    Nothing else may have changed meanwhile: what finds damage neither mends nor removes.
    """
    path = sorted(folder.glob(damage.file))[0]
    original = path.read_bytes()
    path.write_bytes(damage.spoil(original, random))
    before = contents(folder)
    ran = ictcli(folder, *damage.words)
    after = contents(folder)
    path.write_bytes(original)
    if ran.code != damage.code:
        return f"exit {ran.code}, not {int(damage.code)}: {ran.error or 'no error'}"
    if not ran.document:
        return "it did not say what is wrong"
    changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    return f"changed {', '.join(changed)}" if changed else ""


def contents(folder: Path) -> dict[str, str]:
    """Hashes of all files but locks, logs and what is temporary, by name."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not _SCRATCH & set(path.relative_to(folder).parts) and path.suffix != ".lock"
        and path.stem != _CATALOG
        and not path.name.endswith(("-wal", "-shm"))
    }  # fmt: skip
