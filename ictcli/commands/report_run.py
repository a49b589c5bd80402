"""A stored run, as ``ictcli report`` shows it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ictcli.engine.order_log import EQUITY, ORDERS
from ictcli.engine.trades import TRADES
from ictcli.errors import DataError
from ictcli.reports import summary
from ictcli.reports.model_lines import model_lines
from ictcli.reports.screen_of_run import run_screen
from ictcli.reports.why import outside, why_document, why_text
from ictcli.research.documents import require_document
from ictcli.research.signal_log import SIGNALS
from ictcli.research.why import why
from ictcli.session import Session

if TYPE_CHECKING:
    from datetime import datetime

    import pyarrow as pa

    from ictcli.reports.compare_sides import Side
    from ictcli.reports.run_story import RunStory
    from ictcli.research.backtest import Workshop

_SCHEMAS = {"trades": TRADES, "equity": EQUITY, "orders": ORDERS, "signals": SIGNALS}


class RunSubject:
    """A stored run.

    Args:
        session: of the command.
        run: its id, or ``latest``.

    Raises:
        DataError: there is none, it is damaged, or it was kept by another version.
    """

    def __init__(self, session: Session, run: str) -> None:
        self._session = session
        self._run = session.store.runs.load(run)
        self.name = self._run.id
        self._kept = self._run.document
        require_document(self._kept, self.name)

    def text(self, *, full: bool) -> str:
        """One screen, or everything."""
        trades = self._table("trades")
        return summary.report_text(self._kept, trades) if full else run_screen(self._kept, trades)

    def document(self) -> dict[str, Any]:
        """The run's document and its breakdowns."""
        return summary.report_document(self._kept, self._table("trades"))

    def rows(self, table: str) -> "tuple[pa.Table, Mapping[str, int]]":
        """A table of the run, and decimals of prices by symbol."""
        return self._table(table), {one["symbol"]: one["digits"] for one in self._kept["series"]}

    def story(self) -> "RunStory":
        """What its page and picture show."""
        from ictcli.reports.run_reading import story_of_run

        return story_of_run(self._run, self._shop())

    def why(self, symbol: str, at: "datetime") -> tuple[dict[str, Any], str]:
        """Why it traded at a moment, or why not.

        Raises:
            UsageError: the run did not trade the symbol.
            DataError: it keeps no decisions.
        """
        if any(name not in self._run.files for name in ("orders", "signals")):
            raise DataError(f"run {self.name!r} keeps no decisions", hint="Run the backtest again.")
        from ictcli.reports.why_zones import causes_of

        answer = why(symbol, at, *(self._table(name) for name in ("trades", "orders", "signals")))
        models = [one["model"] for one in self._kept.get("strategies", ()) if "model" in one]
        causes = causes_of(self._kept, answer, self._shop())
        own = next(one for one in self._kept["series"] if one["symbol"] == symbol)
        doubts = [*outside(at, own["first"], own["last"]), *causes.doubts]
        told = {"run": self.name, "why": why_document(answer, causes.zones, doubts), "models": models}
        parts = [
            why_text(answer, own["digits"], causes.zones, doubts),
            *(["\n".join(model_lines(self._kept))] if models else []),
        ]
        return told, "\n\n".join(parts)

    def side(self) -> "Side":
        """What a comparison takes of it."""
        from ictcli.reports.compare_sides import side_of_run
        from ictcli.reports.period_days import calendars_of

        symbols = [one["symbol"] for one in self._kept["series"]]
        return side_of_run(self._run, calendars_of(symbols, self._session.book))

    def _shop(self) -> "Workshop":
        from ictcli.research.backtest import Workshop

        session = self._session
        return Workshop(session.store, session.book, session.config.config, session.workspace)

    def _table(self, name: str) -> "pa.Table":
        found = self._run.table(name)
        return _SCHEMAS[name].empty_table() if found is None else found
