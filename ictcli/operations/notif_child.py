"""The short-lived process that talks to the outside: addresses come on its standard input, never by argv.

Its parent writes one line of JSON per message and waits for one line back, so a parent that is killed
leaves at most one message of which nobody knows. The first line is the address; what fails is told in fixed
words, as a library's own words may repeat the address.
"""

import json
import logging
import re
import socket
import sys
from collections.abc import Iterable, Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import apprise
from requests import sessions

from ictcli.clock import NS_PER_SECOND, from_datetime, now_ns

_WORDS = (
    ("connection refused", "connection refused"),
    ("timed out", "no answer in time"),
    ("timeout", "no answer in time"),
    ("name or service not known", "no such host"),
    ("name resolution", "no such host"),
    ("getaddrinfo failed", "no such host"),
    ("nodename nor servname", "no such host"),
    ("certificate", "its certificate is not valid"),
    ("unexpectedly closed", "the connection was closed"),
    ("disconnected", "the connection was closed"),
    ("connection reset", "the connection was closed"),
    ("broken pipe", "the connection was closed"),
    ("authentication", "the login was refused"),
    ("network is unreachable", "the network is unreachable"),
    ("no route to host", "the network is unreachable"),
)
_NO_WORDS = "not taken, in words that may hold the address"
_CODE = re.compile(r"(?:error=|\(|HTTP |status )([45]\d\d)\b")
_MOST_WAIT = 24 * 3600.0


class Told(logging.Handler):
    """Collects what the libraries say, to find out in fixed words why a message failed."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one record."""
        self.texts.append(record.getMessage())


def why_of(texts: Iterable[str]) -> str:
    """Why a message was not taken, in fixed words; nothing of the texts themselves but a status code."""
    said = "\n".join(texts)
    code = _CODE.search(said)
    if code:
        return f"refused with {code[1]}"
    lower = said.lower()
    return next((words for sign, words in _WORDS if sign in lower), _NO_WORDS)


def wait_of(value: str | None) -> float:
    """Seconds that ``Retry-After`` asks for, as a number or as a date; 0 for none."""
    text = value or "0"
    try:
        wait = float(text) if text.replace(".", "", 1).isdigit() else _until(text)
    except (TypeError, ValueError):
        return 0.0
    return min(wait, _MOST_WAIT) if wait > 0 else 0.0


def _until(date: str) -> float:
    return (from_datetime(parsedate_to_datetime(date)) - now_ns()) / NS_PER_SECOND


def _listen(waits: list[float]) -> None:
    """Hear of ``Retry-After``, which the library does not hand on."""

    def heard(response: Any, *_: Any, **__: Any) -> None:
        if response.status_code in {429, 503}:
            waits.append(wait_of(response.headers.get("Retry-After")))

    def hooks() -> dict[str, list[Any]]:
        return {"response": [heard]}

    vars(sessions)["default_hooks"] = hooks


def answers(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    """One answer per message: ``number``, ``sent``, ``why`` and ``wait`` (seconds)."""
    first = json.loads(next(lines))
    socket.setdefaulttimeout(first["timeout"])
    told, waits = Told(), []  # type: Told, list[float]
    logger = logging.getLogger("apprise")
    logger.addHandler(told)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    _listen(waits)
    services = apprise.Apprise()
    known = services.add(first["url"]) and len(services) > 0
    for service in services:
        service.socket_connect_timeout = service.socket_read_timeout = first["timeout"]
        service.request_rate_per_sec = 0  # the parent keeps to the channel's rate
    for line in lines:
        told.texts.clear()
        waits.clear()
        message = json.loads(line)
        sent, why = False, "the address is none that apprise knows"
        if known:
            sent = bool(
                services.notify(
                    title=message["title"], body=message["body"], notify_type=message["type"],
                    body_format="text",
                )
            )  # fmt: skip
            why = "" if sent else why_of(told.texts)
        yield {"number": message["number"], "sent": sent, "why": why, "wait": max(waits, default=0.0)}


def main() -> None:
    """Answer every line until there are no more."""
    for answer in answers(iter(sys.stdin)):
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
