"""A stress certificate as one web page that needs nothing but itself."""

from collections.abc import Mapping
from typing import Any

from ictcli.reports.page_parts import details, escaped, facts, table
from ictcli.reports.page_shell import part, shell
from ictcli.reports.stress_text import (
    bound_text,
    measured,
    number,
    remarks,
    summary,
    verdict_word,
)
from ictcli.reports.stress_text import facts as facts_of

Document = Mapping[str, Any]

_HEADERS = ("verdict", "claim", "measured", "bound", "threshold", "n", "method", "note")
_ALIGN = "<<>>><<<"
_RESULTS = {"pass": "clean", "inconclusive": "inconclusive", "fail": "missed"}


def stress_page(document: Document) -> str:
    """The page.

    Args:
        document: ``ictcli.stress.certificate``.
    """
    main = [
        _banner(document),
        facts(facts_of(document)),
        *[_scenario(one) for one in document["scenarios"]],
        details(
            "Thresholds",
            facts((name, str(value)) for name, value in document["thresholds"].items()),
            is_open=False,
        ),
        details("Versions", facts(document["versions"].items()), is_open=False),
    ]
    title = escaped(f"Stress certificate {document['created']}")
    body = part("reconcile.html").format(title=title, main="\n".join(main), footer=escaped(_READING))
    return shell(title, ("reconcile.css", "stress.css"), body.strip())


_READING = (
    "A claim passes where its bound, not only the measured value, meets the threshold; where every case was "
    "tried, and none may go wrong, nothing is inferred for others. Each bound has its confidence alone, the "
    "claims together have less."
)


def _banner(document: Document) -> str:
    word = verdict_word(document["verdict"]) if document["finished"] else "not finished"
    return (
        f'<div class="result {_RESULTS[document["verdict"]]}"><strong>{escaped(word)}</strong>'
        f"<div>{escaped(summary(document))}</div></div>"
    )


def _scenario(one: Document) -> str:
    said = "".join(f"<p>{escaped(line)}</p>" for line in remarks(one))
    shown = table(_HEADERS, [_row(claim) for claim in one["claims"]], _ALIGN) if one["claims"] else ""
    seconds = f"{one['seconds']:,.1f} s, seed {one['seed']}"
    return (
        f'<section class="{_RESULTS[one["verdict"]]}"><h2>{escaped(one["name"])}: '
        f"{escaped(verdict_word(one['verdict']))}</h2><p>{escaped(one['line'])}. {escaped(seconds)}.</p>"
        f"{said}{shown}</section>"
    )


def _row(claim: Document) -> list[str]:
    sure = "" if claim["confidence"] == 1 else f", {100 * claim['confidence']:g} %"
    return [
        verdict_word(claim["verdict"]),
        claim["name"],
        measured(claim),
        bound_text(claim),
        f"{claim['direction']} {number(claim['threshold'], claim['unit'])}",
        f"{claim['n']:,} {claim['of']}",
        f"{claim['method']}{sure}",
        claim["note"],
    ]
