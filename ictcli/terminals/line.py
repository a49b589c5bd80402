"""A line that is opened by ``initialize``, asks over a channel, and ends where an answer stays away."""

from abc import ABC, abstractmethod
from typing import Any

from ictcli.terminals.channel import Channel, ChannelClosed
from ictcli.terminals.remote import NOT_CONNECTED, SILENT, exchange, failure, outcome, patience, silence
from ictcli.terminals.wire import WireError


class ChannelLine(ABC):
    """The part that lines to a child process and to a bridge share.

    Args:
        deadline: seconds to wait for one answer.

    Attributes:
        error: ``last_error`` after the last question.
    """

    def __init__(self, deadline: float) -> None:
        self.error = NOT_CONNECTED
        self._deadline = deadline
        self._channel: Channel | None = None
        self._number = 0

    def ask(self, function: str, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """What the function returned at the other end, or what it raised there."""
        if self._channel is None and function == "initialize":
            self._channel = self._open()
        elif self._channel is None:
            self.error = NOT_CONNECTED
        if self._channel is None:
            return failure(function)
        self._number += 1
        seconds = patience(function, keywords, self._deadline)
        try:
            answer = exchange(self._channel, self._number, function, arguments, keywords, seconds)
        except WireError as error:
            raise TypeError(str(error)) from None
        except ChannelClosed as error:
            why = self._why_silent() or error
            self._drop()
            self.error = SILENT
            raise silence(function, why) from error
        except BaseException:
            self._drop()
            raise
        self.error = (answer.code, answer.message)
        return outcome(answer)

    def close(self) -> None:
        """End the connection; ``initialize`` opens another."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None

    @abstractmethod
    def _open(self) -> Channel | None:
        """The connection; None with ``error`` telling why there is none."""

    @abstractmethod
    def _drop(self) -> None:
        """End the line at once, without waiting for the other end."""

    @abstractmethod
    def _why_silent(self) -> str:
        """What is known of a missing answer; empty where the channel's own error says it."""
