"""Mail by a real server on this machine: good, absent, slow, refusing, and one that hangs up half-way."""

import sys
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest

from ictcli.clock import monotonic, now_ns
from ictcli.errors import ConfigError, SourceUnavailable
from ictcli.operations.alerts_spool import lay_alert
from ictcli.operations.notif_running import Desk, deliver, follow, send_test
from ictcli.operations.outbox_listing import Delivery, listing
from tests.operations.alert_desks import (
    SECOND,
    Post,
    alert,
    alerts_config,
    channel,
    desk_of,
    free_port,
    mail_url,
    post_office,
    wait_for,
)


def deliveries(folder: Path) -> dict[str, Delivery]:
    """What became of the first alert, by channel."""
    return {one.channel: one for one in listing(folder / "state")[0].deliveries}


def port_of(url: str) -> int:
    """The port of a mail server's address."""
    return urlsplit(url).port or 0


BAD = {
    "good": ("sent", "", 0),
    "refusing": ("failed", "refused with 550", 0),
    "slow": ("failed", "no answer in time", 1),
    "cut": ("failed", "the connection was closed", 1),
    "down": ("failed", "connection refused", 0),
}
"""What becomes of an alert at every kind of server: state, why, and whether it may have arrived."""


@dataclass
class Town:
    """Mail servers by their kind, and the workspace they serve."""

    posts: dict[str, Post]
    urls: dict[str, str]
    desk: Desk


def visited(folder: Path, names: Sequence[str]) -> Town:
    """An alert that was sent once to servers of these kinds."""
    posts = {
        "good": Post(), "refusing": Post(reply="550 5.7.1 not from canary@example.com"),
        "slow": Post(pause=30.0), "cut": Post(cut=True),
    }  # fmt: skip
    said: list[str] = []
    channels = {name: channel(url_env=name.upper()) for name in names}
    channels["slow"] = channel(url_env="SLOW", deadline="4s")
    with ExitStack() as stack:
        urls = {name: stack.enter_context(post_office(posts[name])) for name in names if name in posts}
        urls["down"] = mail_url(free_port())
        environ = {name.upper(): url for name, url in urls.items()}
        desk = desk_of(folder, alerts_config(channels=channels), environ, tell=said.append)
        lay_alert(desk.state, alert(1, text="the loop stands still"))
        began = monotonic()
        done = deliver(desk)
        took = monotonic() - began
    assert took < 25.0
    assert (done.new, done.counts.messages, done.counts.failures) == (1, 1, len(names) - 1)
    found = deliveries(folder)
    assert {name: (one.state, one.error, one.doubtful) for name, one in found.items()} == {
        name: BAD[name] for name in names
    }
    assert "canary" not in " ".join([*said, str(done), str(found)])
    alerts = msgspec.structs.replace(
        desk.config.alerts, channels={name: channel(url_env=name.upper()) for name in names}
    )  # from now on with time enough
    return Town(posts, urls, replace(desk, config=msgspec.structs.replace(desk.config, alerts=alerts)))


def mended(town: Town, names: Sequence[str]) -> int:
    """Send once more when the servers of these channels are good; messages that were taken."""
    due = max(one.due for one in listing(town.desk.state)[0].deliveries)
    time.sleep(max(0.0, (due - now_ns()) / 1e9))
    with ExitStack() as stack:
        for name in names:
            post = town.posts.setdefault(name, Post())
            post.pause, post.cut, post.reply = 0.0, False, "250 taken"
            stack.enter_context(post_office(post, port_of(town.urls[name])))
        return deliver(town.desk).counts.messages


def test_a_slow_server_holds_nobody_up_and_gets_what_it_missed(tmp_path: Path) -> None:
    town = visited(tmp_path, ["good", "slow"])
    assert [mail[0] for mail in town.posts["good"].mails] == ["[warning] desk: test: the loop stands still"]
    assert "key k1" in town.posts["good"].mails[0][1]
    assert mended(town, ["slow"]) == 1
    assert "Perhaps this came before" in town.posts["slow"].mails[-1][1]
    assert len(town.posts["good"].mails) == 1


@pytest.mark.proof
def test_every_server_that_comes_back_gets_what_it_missed_and_no_more(tmp_path: Path) -> None:
    town = visited(tmp_path, list(BAD))
    assert mended(town, ["refusing", "slow", "cut", "down"]) == 4
    assert {one.state for one in listing(town.desk.state)[0].deliveries} == {"sent"}
    came = {name: len(post.mails) for name, post in town.posts.items()}
    assert came == {"good": 1, "refusing": 1, "slow": 1, "cut": 2, "down": 1}
    assert "Perhaps this came before" in town.posts["cut"].mails[1][1]
    assert mended(town, ["refusing", "slow", "cut", "down"]) == 0


def test_a_notifier_that_follows_tells_a_storm_soon_and_loses_none(tmp_path: Path) -> None:
    post, ended = Post(), threading.Event()
    with post_office(post) as url:
        desk = desk_of(tmp_path, alerts_config(channels={"mail": channel(per_minute=8)}), {"MAIL": url})
        laid = now_ns()
        for number in range(1, 41):
            lay_alert(desk.state, alert(number, at=laid + number))
        thread = threading.Thread(target=follow, args=(desk, ended.is_set, lambda status: None))
        thread.start()
        try:
            wait_for(
                lambda: all(one.deliveries[0].sent for one in listing(desk.state)) and len(post.mails) > 1
            )
        finally:
            ended.set()
            thread.join()
    assert [mail[0] for mail in post.mails] == [
        "[warning] desk: test: number 1", "[warning] desk: 39 alerts: 39 test"
    ]  # fmt: skip
    assert all(f": number {number}" in post.mails[1][1] for number in range(2, 41))
    told = [one.deliveries[0] for one in listing(desk.state)]
    assert [one.together for one in told] == [1] + [39] * 39
    assert max(one.sent or 0 for one in told) - laid < 30 * SECOND


class _Busy(BaseHTTPRequestHandler):
    """A service of the web that asks to be left alone for two minutes."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(429)
        self.send_header("Retry-After", "120")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.mark.proof
def test_a_service_that_asks_for_peace_gets_it_and_a_missing_address_keeps_nobody_from_it(
    tmp_path: Path,
) -> None:
    server = HTTPServer(("127.0.0.1", 0), _Busy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    config = alerts_config(channels={"hook": channel(url_env="HOOK"), "lost": channel(url_env="LOST")})
    try:
        url = f"json://127.0.0.1:{server.server_port}/canary-token"
        desk = desk_of(tmp_path, config, {"HOOK": url})
        lay_alert(desk.state, alert(1))
        done = deliver(desk)
    finally:
        server.shutdown()
        server.server_close()
    assert done.counts.failed == {"lost": "no secret in LOST or LOST_FILE", "hook": "refused with 429"}
    found = deliveries(tmp_path)
    assert 100 < (found["hook"].due - now_ns()) / 1e9 <= 120
    assert found["lost"].state == "pending"
    again = deliver(desk)
    assert again.counts.failures == 0


@pytest.mark.proof
def test_an_address_that_is_none_is_told_without_it(tmp_path: Path) -> None:
    config = alerts_config(channels={"odd": channel(url_env="ODD")})
    desk = desk_of(tmp_path, config, {"ODD": "canary://what/ever"})
    with pytest.raises(SourceUnavailable, match="the address is none that apprise knows") as caught:
        send_test("odd", config.channels["odd"], desk)
    assert "canary" not in caught.value.message + caught.value.hint


def test_where_apprise_is_missing_it_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    with pytest.raises(ConfigError, match="apprise") as caught:
        deliver(desk_of(tmp_path, alerts_config(), {"MAIL": mail_url(9)}))
    assert "pip install 'ictcli[operate]'" in caught.value.hint


def test_where_no_process_can_be_started_alerts_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "nowhere"))
    desk = desk_of(tmp_path, alerts_config(), {"MAIL": mail_url(9)})
    lay_alert(desk.state, alert(1))
    assert deliver(desk).counts.failed == {"mail": "no process can be started: No such file or directory"}
    assert deliveries(tmp_path)["mail"].state == "pending"


def test_nobody_to_tell_is_an_error_and_so_is_no_address_at_all(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no channel is configured"):
        deliver(desk_of(tmp_path, alerts_config(channels={}), {}))
    with pytest.raises(ConfigError, match="no secret in MAIL"):
        deliver(desk_of(tmp_path, alerts_config(), {}))
