"""Price files on disk as a source."""

from dataclasses import dataclass, replace
from pathlib import Path

from ictcli.errors import DataError, IctError, UsageError
from ictcli.sources.files.containers import members_of, signature
from ictcli.sources.files.names import hints_of
from ictcli.sources.ingest import import_file
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
        places = [place for path in self.paths() for place in _members(path)]
        harvest = Harvest()
        for path, member in _asked_for(places, request, surroundings):
            # One of several symbols asked for is not "the" symbol of a file: its name decides.
            own = request if len(request.symbols) == 1 else replace(request, symbols=())
            try:
                report = import_file(path, self.name, self.options, own, surroundings, member=member)
            except IctError as error:
                harvest.failures.append(Failure(self.name, member or path.name, error))
            else:
                harvest.reports.append(report)
        return harvest

    def paths(self) -> list[Path]:
        """The files, sorted by name.

        Raises:
            DataError: there are none.
        """
        exact = self.folder / self.pattern
        if exact.is_file():
            return [exact]
        base = Path(exact.anchor) if Path(self.pattern).is_absolute() else self.folder
        pattern = exact.relative_to(exact.anchor) if base != self.folder else Path(self.pattern)
        try:
            files = sorted(path for path in base.glob(str(pattern)) if path.is_file())
        except (ValueError, NotImplementedError, OSError) as error:
            raise DataError(f"{self.pattern!r} is not a usable path or glob: {error}") from error
        if not files:
            raise DataError(f"no file matches {self.pattern!r}", hint="Check --path; quote a glob.")
        return files


def _members(path: Path) -> list[tuple[Path, str | None]]:
    """A file, or each data file inside a zip that holds several."""
    if signature(path) != "zip":
        return [(path, None)]
    members = [name for name in members_of(path) if not name.lower().endswith(_NOT_DATA)]
    return [(path, member) for member in members] if len(members) > 1 else [(path, None)]


def _asked_for(
    places: list[tuple[Path, str | None]], request: Request, around: Surroundings
) -> list[tuple[Path, str | None]]:
    """The files whose names name one of the symbols asked for; a single file is always meant."""
    if len(places) == 1 or not request.symbols:
        return places
    symbols = {canonical(symbol, around.book)[0] for symbol in request.symbols}
    chosen = []
    for path, member in places:
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
