"""Price files on disk as a source."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ictcli.errors import DataError, IctError, UsageError
from ictcli.sources.files.containers import members_of, signature
from ictcli.sources.files.names import hints_of
from ictcli.sources.files.parquet_rows import ParquetRows
from ictcli.sources.ingest import import_file, input_name
from ictcli.sources.source import Failure, Harvest, Request, Surroundings
from ictcli.sources.subject import FileOptions, canonical

_NOT_DATA = (".txt", ".md", ".pdf", ".html")


@dataclass(frozen=True, slots=True)
class FilesOnDisk:
    """All files that a path or glob names, each imported by itself.

    Attributes:
        name: what the series are stored under.
        pattern: file or glob.
        folder: what a relative pattern starts from.
        options: what was said about the files.
    """

    name: str
    pattern: str
    folder: Path
    options: FileOptions

    def fetch(self, request: Request, surroundings: Surroundings) -> Harvest:
        """Import every file that matches; one that fails does not stop the others.

        Raises:
            DataError: no file matches.
            UsageError: none of the files is of a symbol asked for.
        """
        places = [place for path in self.paths() for place in _members(path, self.options.columns)]
        harvest = Harvest()
        chosen = _asked_for(places, request, surroundings)
        given = [input_name(path, member) for path, member in chosen]
        for path, member in chosen:
            # One of several symbols asked for is not "the" symbol of a file: its name decides.
            own = request if len(request.symbols) == 1 else replace(request, symbols=())
            try:
                options, own = self._of_contract(path, member, own)
                report = import_file(path, self.name, options, own, surroundings, member=member, given=given)
            except IctError as error:
                harvest.failures.append(Failure(self.name, member or path.name, error))
            else:
                harvest.reports.append(report)
        return harvest

    def _of_contract(self, path: Path, member: str | None, request: Request) -> tuple[FileOptions, Request]:
        """Options and request for one contract of a Parquet file: root and month name its symbol."""
        if member is None or signature(path) != "parquet":
            return self.options, request
        said = self.options.symbol or next(iter(request.symbols), "")
        name = contract_name(path, member, said)
        return replace(self.options, symbol=name), replace(request, symbols=())

    def paths(self) -> list[Path]:
        """The files, sorted by name.

        Raises:
            DataError: there are none.
        """
        exact = self.folder / self.pattern
        if exact.is_file():
            return [exact]
        if exact.is_dir():
            raise DataError(
                f"{self.pattern!r} is a directory",
                hint=f"Name its files, for example --path '{self.pattern.rstrip('/')}/*.csv'.",
            )
        base = Path(exact.anchor) if Path(self.pattern).is_absolute() else self.folder
        pattern = exact.relative_to(exact.anchor) if base != self.folder else Path(self.pattern)
        try:
            files = sorted(path for path in base.glob(str(pattern)) if path.is_file())
        except (ValueError, NotImplementedError, OSError) as error:
            raise DataError(f"{self.pattern!r} is not a usable path or glob: {error}") from error
        if not files:
            raise DataError(f"no file matches {self.pattern!r}", hint="Check --path; quote a glob.")
        return files


def _members(path: Path, columns: Mapping[str, str]) -> list[tuple[Path, str | None]]:
    """A file, or each data file inside a zip, or each contract of a Parquet file, that holds several."""
    kind = signature(path)
    if kind == "parquet":
        try:
            contracts = ParquetRows(path, columns).contracts()
        except IctError:
            return [(path, None)]  # its import fails for the same reason and stops no other file
        return [(path, contract) for contract in contracts] if len(contracts) > 1 else [(path, None)]
    if kind != "zip":
        return [(path, None)]
    members = [name for name in members_of(path) if not name.lower().endswith(_NOT_DATA)]
    return [(path, member) for member in members] if len(members) > 1 else [(path, None)]


def contract_name(path: Path, contract: str, said: str = "") -> str:
    """Symbol of one contract of a file: ``ES_201312`` from a file of ES, else root and code together."""
    root = hints_of(path.name)[0] or said
    if contract.startswith(root):
        return contract
    return f"{root}_{contract}" if contract.isdecimal() else f"{root}{contract}"


def _asked_for(
    places: list[tuple[Path, str | None]], request: Request, around: Surroundings
) -> list[tuple[Path, str | None]]:
    """The files whose names name one of the symbols asked for; a single file is always meant."""
    if len(places) == 1 or not request.symbols:
        return places
    symbols = {canonical(symbol, around.book)[0] for symbol in request.symbols}
    chosen: list[tuple[Path, str | None]] = []
    for path, member in places:
        if member is not None and signature(path) == "parquet":
            names = {contract_name(path, member), hints_of(path.name)[0] or ""}
            if symbols & {canonical(name, around.book)[0] for name in names if name}:
                chosen.append((path, member))
            continue
        hint = hints_of(member or path.name)[0]
        fits = canonical(hint, around.book)[0] in symbols if hint else len(symbols) == 1
        if fits:
            chosen.append((path, member))
    if not chosen:
        raise UsageError(
            f"none of the {len(places)} files is named after {', '.join(sorted(symbols))}",
            hint="Leave the symbol out, or name one file with --path.",
        )
    return chosen
