"""A PostgreSQL server of our own, and ledgers in both engines."""

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ictcli.ledger.address import Address, Place, find_place, parse_address

KEY = bytes(range(32))
MakePlace = Callable[[str], Place]


class Server:
    """A PostgreSQL server that listens on a socket of its own folder only."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.folder = folder
        self._programs = programs
        self._user = "postgres"

    def start(self) -> None:
        if os.geteuid() == 0:
            shutil.chown(self.folder, self._user)
        data = self.folder / "data"
        self._run("initdb", "-D", str(data), "-A", "trust", "--no-sync", "-U", "postgres", "-E", "UTF8")
        options = f"-c fsync=off -c listen_addresses= -c unix_socket_directories={self.folder}"
        self._run("pg_ctl", "-D", str(data), "-w", "-t", "30", "-l", f"{data}.log", "-o", options, "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "stop")

    def new_database(self) -> str:
        """URL of an empty database."""
        import psycopg

        name = f"ledger_{secrets.token_hex(4)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.url(name)

    def url(self, name: str) -> str:
        return f"postgresql://postgres@/{name}?host={self.folder}"

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        if os.geteuid() == 0:
            quoted = " ".join(f"'{part}'" for part in command)
            command = ["su", self._user, "-s", "/bin/sh", "-c", quoted]
        with Path(f"{self.folder}.out").open("ab") as out:
            subprocess.run(command, check=True, stdout=out, stderr=out, cwd="/", timeout=60)


def server_programs() -> Path | None:
    """Folder of initdb and pg_ctl: Debian's, one on the path, or the one of the package pgserver."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if debian:
        return debian[-1].parent
    if found := shutil.which("initdb"):
        return Path(found).parent
    import importlib.util

    package = importlib.util.find_spec("pgserver")
    packed = Path(package.origin).parent / "pginstall" / "bin" if package and package.origin else None
    return packed if packed and (packed / "initdb").is_file() else None


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A running server, or a skip that says what is missing."""
    if os.name == "nt":
        pytest.skip("the server is started on Unix only")
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    programs = server_programs()
    if programs is None:
        pytest.skip("no PostgreSQL server installed: apt-get install postgresql, or pip install pgserver")
    if os.geteuid() == 0 and subprocess.run(["id", "postgres"], capture_output=True, check=False).returncode:
        pytest.skip("PostgreSQL does not start as root, and there is no user postgres")
    folder = Path(tempfile.mkdtemp(prefix="ictcli-pg-"))
    server = Server(programs, folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)
        Path(f"{folder}.out").unlink()


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """The state folder of a workspace."""
    folder = tmp_path / "state"
    folder.mkdir()
    (folder / "secret.key").write_text(KEY.hex() + "\n")
    return folder


@pytest.fixture
def place(state: Path) -> Place:
    """An SQLite ledger that does not exist yet."""
    return find_place(state, {})


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, state: Path) -> Place:
    """A ledger that does not exist yet, in each engine."""
    if request.param == "sqlite":
        return find_place(state, {})
    server: Server = request.getfixturevalue("postgres")
    return find_place(state, {"ICTCLI_LEDGER_URL": server.new_database()})


@pytest.fixture
def served(postgres: Server, state: Path) -> Place:
    """A PostgreSQL ledger that does not exist yet."""
    return find_place(state, {"ICTCLI_LEDGER_URL": postgres.new_database()})


@pytest.fixture
def another(postgres: Server) -> Address:
    """An empty PostgreSQL database."""
    return parse_address(postgres.new_database())
