"""Sessions of the built-in paper trader in a workspace of its own."""

from dataclasses import dataclass, replace
from pathlib import Path

from ictcli.config.records import Config
from ictcli.config.trading import TradeConfig
from ictcli.ledger.address import Place, paper_place
from ictcli.ledger.bodies import Filled
from ictcli.ledger.log import Entry
from ictcli.ledger.opening import reading
from ictcli.ledger.stored import entry_of
from ictcli.market.bars import Bars, SeriesKey
from ictcli.market.symbols import load_symbols
from ictcli.market.timeframes import parse_timeframe
from ictcli.reconcile.handing_over import Where
from ictcli.research.backtest import Workshop
from ictcli.store.store import Store
from ictcli.trading.control import control_folder, spool_folder
from ictcli.trading.lock import LOGIN
from ictcli.trading.paper import trade_paper
from ictcli.trading.request import Outside, TradeRequest
from ictcli.workspace import create
from tests.research.conftest import keep, random_walk

M5 = parse_timeframe("M5")
STEP = M5.ns
REQUEST = TradeRequest(("BTCUSD",), ("sma_cross",), {}, (M5,), once=True)
OUTSIDE = Outside(
    ending=lambda: "", alive=lambda _: None, ready=lambda _: None, tell=lambda _: None,
    show=lambda _: None, progress=lambda *_: None, provenance={"time": "2024", "version": "1"}, environ={},
)  # fmt: skip


def walk(bars: int) -> Bars:
    """A market that goes nowhere, five minutes at a time."""
    return random_walk(1, bars, 6_000_000, 2)


@dataclass(frozen=True)
class PaperDesk:
    """A workspace whose paper account is traded session by session."""

    shop: Workshop

    @property
    def state(self) -> Path:
        return self.shop.store.state_dir

    @property
    def place(self) -> Place:
        return paper_place(self.state)

    @property
    def checkpoints(self) -> Path:
        return self.state / "paper" / "checkpoints"

    @property
    def where(self) -> Where:
        return Where(self.place, control_folder(self.state), spool_folder(self.state), LOGIN)

    def session(self, bars: Bars, request: TradeRequest = REQUEST) -> None:
        """Trade what reaches the store, to its end."""
        if len(bars):
            keep(self.shop.store, SeriesKey("walk", "BTCUSD", M5), bars)
        trade_paper(request, self.shop, OUTSIDE)

    def entries(self) -> list[Entry]:
        """The ledger."""
        with reading(self.place.address) as stored:
            return [entry_of(event) for event in stored.events()]

    def fills(self) -> list[Filled]:
        """Deals of the ledger."""
        return [one.body for one in self.entries() if isinstance(one.body, Filled)]

    def with_config(self, config: Config) -> "PaperDesk":
        """The same with another configuration."""
        return PaperDesk(replace(self.shop, config=config))


def paper_desk(folder: Path, trade: TradeConfig | None = None) -> PaperDesk:
    """A workspace without bars."""
    create(folder)
    config = Config() if trade is None else Config(trade=trade)
    shop = Workshop(Store(folder / "data", folder / "state", 0), load_symbols(None), config, folder)
    return PaperDesk(shop)
