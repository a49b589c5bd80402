"""Headings of MetaTrader 5's report by language.

A report is read by its shape; the words are what proves that a column is the one its place says. English and
Bulgarian are complete, from reports that terminals wrote. Of Portuguese and Russian the headings of tables
are known and name the language; of others nothing is, and ``Statement.language`` is empty.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ictcli.errors import DataError

SUMMARY = (
    "balance", "free_margin", "credit", "margin", "floating", "margin_level", "equity",
)  # fmt: skip
"""The account when the report was written, in the order of the report."""

RESULTS: tuple[tuple[str, str], ...] = (
    ("net_profit", "one"), ("gross_profit", "one"), ("gross_loss", "one"),
    ("profit_factor", "one"), ("expected_payoff", "one"),
    ("recovery_factor", "one"), ("sharpe_ratio", "one"),
    ("", "heading"),
    ("drawdown_absolute", "one"), ("drawdown_maximal", "money_share"), ("drawdown_relative", "share_money"),
    ("trades", "one"), ("short_trades", "two_share"), ("long_trades", "two_share"),
    ("won_trades", "two_share"), ("lost_trades", "two_share"),
    ("largest_win", "one"), ("largest_loss", "one"),
    ("average_win", "one"), ("average_loss", "one"),
    ("most_wins", "two"), ("most_losses", "two"),
    ("maximal_win", "two"), ("maximal_loss", "two"),
    ("average_wins", "one"), ("average_losses", "one"),
)  # fmt: skip
"""The statistics behind it: name, and of which kind its value is (``values.pair``)."""


@dataclass(frozen=True, slots=True)
class Language:
    """Headings of one language; what is empty is not known and not compared.

    Attributes:
        head: name, account, company, date.
        titles: of the tables, by table.
        columns: of the tables, by table.
        labels: of summary and results.
    """

    name: str
    report: str = ""
    head: tuple[str, ...] = ()
    titles: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    labels: tuple[str, ...] = ()

    @property
    def headings(self) -> frozenset[str]:
        """What tells a report of this language."""
        return frozenset((self.report, *self.titles.values())) - {""}


_STOPS = ("S / L", "T / P")

ENGLISH = Language(
    "en",
    "Trade History Report",
    ("Name:", "Account:", "Company:", "Date:"),
    {
        "positions": "Positions", "orders": "Orders", "deals": "Deals", "open": "Open Positions",
        "working": "Working Orders", "results": "Results",
    },
    {
        "positions": ("Time", "Position", "Symbol", "Type", "Volume", "Price", *_STOPS, "Time", "Price",
                      "Commission", "Swap", "Profit"),
        "orders": ("Open Time", "Order", "Symbol", "Type", "Volume", "Price", *_STOPS, "Time", "State",
                   "Comment"),
        "deals": ("Time", "Deal", "Symbol", "Type", "Direction", "Volume", "Price", "Order", "Commission",
                  "Fee", "Swap", "Profit", "Balance", "Comment"),
        "open": ("Time", "Position", "Symbol", "Type", "Volume", "Price", *_STOPS, "Market Price", "Swap",
                 "Profit", "Comment"),
        "working": ("Open Time", "Order", "Symbol", "Type", "Volume", "Price", *_STOPS, "Market Price",
                    "State", "Comment"),
    },
    (
        "Balance:", "Free Margin:", "Credit Facility:", "Margin:", "Floating P/L:", "Margin Level:",
        "Equity:", "Total Net Profit:", "Gross Profit:", "Gross Loss:", "Profit Factor:", "Expected Payoff:",
        "Recovery Factor:", "Sharpe Ratio:", "Balance Drawdown:", "Balance Drawdown Absolute:",
        "Balance Drawdown Maximal:", "Balance Drawdown Relative:", "Total Trades:", "Short Trades (won %):",
        "Long Trades (won %):", "Profit Trades (% of total):", "Loss Trades (% of total):",
        "Largest profit trade:", "Largest loss trade:", "Average profit trade:", "Average loss trade:",
        "Maximum consecutive wins ($):", "Maximum consecutive losses ($):",
        "Maximal consecutive profit (count):", "Maximal consecutive loss (count):",
        "Average consecutive wins:", "Average consecutive losses:",
    ),
)  # fmt: skip

BULGARIAN = Language(
    "bg",
    "Отчет за историята на търговията",
    ("Име:", "Сметка:", "Компания:", "Дата:"),
    {
        "positions": "Позиции", "orders": "Поръчки", "deals": "Сделки", "open": "Отворени позиции",
        "results": "Резултати",
    },
    {
        "positions": ("Време", "Позиция", "Символ", "Тип", "Обем", "Цена", *_STOPS, "Време", "Цена",
                      "Комисиона", "Суап", "Печалба"),
        "orders": ("Време на отваряне", "Поръчка", "Символ", "Тип", "Обем", "Цена", *_STOPS, "Време",
                   "Състояние", "Коментар"),
        "deals": ("Време", "Сделка", "Символ", "Тип", "Посока", "Обем", "Цена", "Поръчка", "Комисиона",
                  "Такса", "Суап", "Печалба", "Баланс", "Коментар"),
        "open": ("Време", "Позиция", "Символ", "Тип", "Обем", "Цена", *_STOPS, "Пазарна цена", "Суап",
                 "Печалба", "Коментар"),
    },
    (
        "Баланс:", "Свободен марджин:", "Кредитна линия:", "Марджин:", "Плаващ P/L:", "Марджин ниво:",
        "Текущ баланс:", "Обща нетна печалба:", "Брутна печалба:", "Брутна загуба:",
        "Коефициент на печалба:", "Очаквана печалба:", "Коефициент на възстановяване:",
        "Коефициент на Шарп:", "Спад на баланса:", "Абсолютен спад на баланса:",
        "Максимален спад на баланса:", "Относителен спад на баланса:", "Общо сделки:",
        "Къси позиции (печалба %):", "Дълги позиции (печалба %):", "Печалба от сделки (% от общо):",
        "Губещи сделки (% от общо):", "Най-голям печеливша сделка:", "Най-голям губеща сделка:",
        "Средно печеливша сделка:", "Средно губеща сделка:", "Максимум последователни печалби ($):",
        "Максимум последователни загуби ($):", "Максимален последователна печалба (брой):",
        "Максимален последователна загуба (брой):", "Средно последователни печалби:",
        "Средно последователни загуби:",
    ),
)  # fmt: skip

PORTUGUESE = Language(
    "pt",
    "Relatório do Histórico de Negociação",
    titles={"positions": "Posições", "orders": "Ordens", "deals": "Transações"},
)
RUSSIAN = Language("ru", titles={"positions": "Позиции", "orders": "Ордера", "deals": "Сделки"})

LANGUAGES = (ENGLISH, BULGARIAN, PORTUGUESE, RUSSIAN)
UNKNOWN = Language("")


def language_of(titles: tuple[str, ...]) -> Language:
    """The language of a report by its title and those of its tables; ``UNKNOWN`` unless most are of one.

    Some titles are the same word in several languages, so a single one tells nothing.
    """
    counted = [(sum(title in each.headings for title in titles), each) for each in LANGUAGES]
    count, best = max(counted, key=lambda pair: pair[0])
    return best if 2 * count > len(titles) else UNKNOWN


def agree(where: str, texts: tuple[str, ...], known: tuple[str, ...]) -> None:
    """Compare headings with those of the language.

    Raises:
        DataError: one is another; nothing is compared where the language's are not known.
    """
    for place, (text, word) in enumerate(zip(texts, known, strict=False), start=1):
        if text != word:
            raise DataError(f"{where}: heading {place} is {text[:40]!r} where {word!r} belongs")
