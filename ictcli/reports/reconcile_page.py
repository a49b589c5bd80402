"""A reconciliation as one web page that needs nothing but itself: no script, no network, fit for print."""

import html
from collections.abc import Mapping, Sequence
from typing import Any

from ictcli.reports.page_shell import part, shell
from ictcli.reports.reconcile_text import (
    DIFFERENCES,
    corrects_nothing,
    detail_tables,
    difference_row,
    done_about,
    facts,
    headline,
    result_word,
)

Document = Mapping[str, Any]

_TITLES = {
    "ledger": "Reconciliation",
    "statement_only": "Statement verified",
    "backtest": "Backtest compared",
}
_LONG = 40


def reconcile_page(document: Document) -> str:
    """The page.

    Args:
        document: ``reconcile_document``.
    """
    parts = [
        _banner(document),
        _facts(facts(document)[1:]),
        *_sections(document["findings"], refused=corrects_nothing(document)),
        *_differing(document["differences"]),
        *(_table(name, rows) for name, rows in detail_tables(document["details"])),
    ]
    title = f"{_TITLES[document['mode']]}: {document['account'] or document['against']}"
    footer = f"Run {document['run']}, begun {document['started']}, {document['seconds']} s."
    body = part("reconcile.html").format(title=_text(title), main="\n".join(parts), footer=_text(footer))
    return shell(_text(title), ("reconcile.css",), body.strip())


def _banner(document: Document) -> str:
    return (
        f'<div class="result {_text(document["result"])}"><strong>{_text(result_word(document))}</strong>'
        f"<div>{_text(headline(document))}</div></div>"
    )


def _sections(findings: Sequence[Document], *, refused: bool) -> list[str]:
    """Roots with what follows from them, then what is known, then what hangs on none of these."""
    roots = [one for one in findings if one["root"]]
    known = [one for one in findings if one["known"] and not one["caused_by"]]
    told = {one["name"] for one in (*roots, *known)}
    followers: dict[str, list[Document]] = {}
    rest = []
    for one in findings:
        causes = [name for name in one["caused_by"] if name in told]
        if causes:
            followers.setdefault(causes[0], []).append(one)
        elif one["caused_by"]:
            rest.append(one)
    return [
        *_section("Findings", roots, followers, refused=refused),
        *_section("Known to the ledger, not counted", known, followers, refused=refused),
        *_section("What follows from these", rest, followers, refused=refused),
    ]


def _section(
    title: str,
    findings: Sequence[Document],
    followers: Mapping[str, Sequence[Document]],
    *,
    refused: bool,
) -> list[str]:
    if not findings:
        return []
    told = [_finding(one, followers.get(one["name"], ()), refused=refused) for one in findings]
    return [f"<h2>{title}</h2>", *told]


def _finding(one: Document, followers: Sequence[Document], *, refused: bool) -> str:
    about = " ".join(part for part in (one["key"], one["field"], one["symbol"]) if part)
    sides = [
        ("ours", _value(one["ours"])), ("theirs", _value(one["theirs"])),
        ("may be apart", one["tolerance"]), ("at", one["ts"]),
        ("what is done", done_about(one, refused=refused)),
    ]  # fmt: skip
    cells = "".join(f"<div><span>{name}</span>{_text(value)}</div>" for name, value in sides if value)
    more = "".join(f"<li>{_text(_line(other))}</li>" for other in followers)
    weight: str = one["severity"] if one["root"] else "known" if one["known"] else "follows"
    return (
        f'<article class="finding {_text(weight)}"><header><b>{_text(one["kind"])}</b>'
        f'<span>{_text(about)}</span><span class="weight">{_text(weight)}</span></header>'
        f'<p class="note">{_text(one["says"])}{_text("; " + one["note"] if one["note"] else "")}</p>'
        f'<div class="sides">{cells}</div>'
        + (f'<ul class="follows">{more}</ul>' if more else "")
        + (f'<p class="evidence">evidence {_text(one["evidence"])}</p>' if one["evidence"] else "")
        + "</article>"
    )


def _line(one: Document) -> str:
    """A finding that follows from another, in one line."""
    values = f": {_value(one['ours'])} here, {_value(one['theirs'])} there"
    note = f" ({one['note']})" if one["note"] else ""
    return str(one["name"]) + (values if one["ours"] or one["theirs"] else "") + note


def _differing(found: Sequence[Document]) -> list[str]:
    """Differences from a backtest in one table, each with what else there is to say of it."""
    notes = ["; ".join((one["note"], one["key"])) if one["note"] else "" for one in found]
    rows = [{**difference_row(one), "note": note} for one, note in zip(found, notes, strict=True)]
    return [_table(DIFFERENCES, rows)] if rows else []


def _facts(pairs: Sequence[tuple[str, str]]) -> str:
    return f'<dl class="facts">{"".join(f"<dt>{_text(a)}</dt><dd>{_text(b)}</dd>" for a, b in pairs)}</dl>'


def _table(name: str, rows: Sequence[Document]) -> str:
    headers = list(rows[0])
    texts = [["" if row.get(one) is None else str(row[one]) for one in headers] for row in rows]
    right = [
        all(_is_number(line[at]) for line in texts) and any(line[at] for line in texts)
        for at in range(len(headers))
    ]

    def cells(line: Sequence[str], tag: str) -> str:
        return "".join(
            f"<{tag}{_class(cell, number=number)}>{_text(cell)}</{tag}>"
            for cell, number in zip(line, right, strict=True)
        )

    body = "".join(f"<tr>{cells(line, 'td')}</tr>" for line in texts)
    head = cells([one.replace("_", " ") for one in headers], "th")
    return f'<h2>{_text(name)}</h2><div class="table"><table><tr>{head}</tr>{body}</table></div>'


def _class(cell: str, *, number: bool) -> str:
    """A cell that is wider than a column should be is broken into lines."""
    if number:
        return " class=number"
    return " class=long" if len(cell) > _LONG else ""


def _is_number(text: str) -> bool:
    return not text or text.replace(",", "").replace(".", "", 1).lstrip("+-").isdigit()


def _value(value: str | None) -> str:
    return "nothing" if value is None else value


def _text(value: object) -> str:
    return html.escape(str(value))
