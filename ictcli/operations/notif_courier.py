"""The parent's side of a delivering process: one message at a time, each with a deadline.

The address goes through a pipe. The child gets no variable of the environment that holds one, and what it
writes to stderr is thrown away: a library's words may repeat the address.
"""

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import IO

import msgspec

from ictcli.operations.notif_text import Letter

_CHILD = "ictcli.operations.notif_child"
_TYPES = {"info": "info", "warning": "warning", "critical": "failure"}
_DOUBTFUL = {"no answer in time", "the connection was closed"}
LATE = "no answer in time"
ENDED = "the delivering process ended"


class Answer(msgspec.Struct, frozen=True):
    """What became of a message.

    Attributes:
        number: of the message.
        sent: the channel took it.
        why: why not, without secrets.
        wait: seconds that the channel asks to be left alone.
    """

    number: int
    sent: bool
    why: str = ""
    wait: float = 0.0

    @property
    def doubtful(self) -> bool:
        """It may have arrived although it was not confirmed."""
        return not self.sent and self.why in _DOUBTFUL | {ENDED}


@dataclass(frozen=True, slots=True)
class Address:
    """Where a channel's messages go, and how long one may take.

    Attributes:
        channel: its name.
        url: as apprise writes it; a secret.
        deadline: seconds for one message.
    """

    channel: str
    url: str
    deadline: float

    def __repr__(self) -> str:
        """Without the secret."""
        return f"Address({self.channel!r})"


class Courier:
    """A delivering process of one channel.

    Args:
        address: where to.
        answers: takes the channel's name with every answer; None when the process has ended.
        environ: of the child.
    """

    def __init__(
        self,
        address: Address,
        answers: "queue.SimpleQueue[tuple[Courier, Answer | None]]",
        environ: Mapping[str, str],
    ) -> None:
        self.address = address
        self._answers = answers
        self._child = subprocess.Popen(  # noqa: S603 - this program again
            [sys.executable, "-m", _CHILD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict(environ),
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )
        threading.Thread(target=self._hear, args=(self._child.stdout,), daemon=True).start()
        self._say({"url": address.url, "timeout": max(1.0, address.deadline / 2)})

    def hand(self, number: int, letter: Letter) -> None:
        """Give it a message; the answer comes through the queue."""
        self._say(
            {
                "number": number,
                "title": letter.title,
                "body": letter.body,
                "type": _TYPES[letter.severity],
            }
        )

    def end(self) -> None:
        """Let it end by itself; nothing is on its way."""
        self._close(self._child.stdin)
        try:
            self._child.wait(timeout=2.0)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it at once."""
        self._close(self._child.stdin)
        self._child.kill()
        self._child.wait()

    def _say(self, line: Mapping[str, object]) -> None:
        assert self._child.stdin is not None
        try:
            self._child.stdin.write(json.dumps(line) + "\n")
            self._child.stdin.flush()
        except OSError:
            return  # it has ended, and the end of its output says so

    def _hear(self, lines: "IO[str] | None") -> None:
        assert lines is not None
        with lines:
            for line in lines:
                try:
                    answer = msgspec.json.decode(line, type=Answer)
                except msgspec.DecodeError:
                    break
                self._answers.put((self, answer))
        self._answers.put((self, None))

    @staticmethod
    def _close(pipe: "IO[str] | None") -> None:
        assert pipe is not None
        try:
            pipe.close()
        except OSError:
            return  # it has ended with something unread


def child_environ(environ: Mapping[str, str], secret: Collection[str]) -> dict[str, str]:
    """The environment without the variables that hold addresses.

    Args:
        environ: of this process.
        secret: names of variables; with ``_FILE`` behind them they are left out, too.
    """
    hidden = {*secret, *(f"{name}_FILE" for name in secret)}
    return {name: value for name, value in environ.items() if name not in hidden}
