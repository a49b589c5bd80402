"""Frames over a loopback connection: a length of four bytes, most significant first, then as many bytes."""

import socket
import struct

from ictcli.clock import monotonic

_LENGTH = struct.Struct(">I")
_JOINED = 1 << 16
"""Longer frames are not copied to stand behind their length."""

MOST_ASKED = 1 << 16
"""Bytes of the longest call."""
MOST_ANSWERED = 1 << 28
"""Bytes of the longest answer: four million rows."""


class ChannelClosed(OSError):
    """The other end is gone, silent, or does not keep to the frames."""


class Channel:
    """One end of a connection.

    Args:
        connection: connected; the channel owns it.
        longest: bytes of the longest frame to accept.
    """

    def __init__(self, connection: socket.socket, longest: int) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self._connection = connection
        self.longest = longest

    def send(self, frame: bytes, deadline: float | None) -> None:
        """Send a frame.

        Args:
            frame: its content.
            deadline: ``clock.monotonic`` by which it must have been sent; None to wait for ever.

        Raises:
            ChannelClosed: it was not, or only a part of it was.
        """
        try:
            self._connection.settimeout(_left(deadline))
            head = _LENGTH.pack(len(frame))
            if len(frame) <= _JOINED:
                self._connection.sendall(head + frame)
            else:
                self._connection.sendall(head)
                self._connection.sendall(frame)
        except OSError as error:
            raise ChannelClosed(f"cannot send: {error}") from error

    def receive(self, deadline: float | None) -> bytearray:
        """The next frame.

        Args:
            deadline: ``clock.monotonic`` by which all of it must be here; None to wait for ever.

        Raises:
            ChannelClosed: it is not, the other end is gone, or the frame is longer than allowed.
        """
        (length,) = _LENGTH.unpack(self._exactly(_LENGTH.size, deadline))
        if length > self.longest:
            raise ChannelClosed(f"a frame of {length} bytes, more than {self.longest}")
        return self._exactly(length, deadline)

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def _exactly(self, size: int, deadline: float | None) -> bytearray:
        got = bytearray(size)
        view = memoryview(got)
        filled = 0
        while filled < size:
            try:
                self._connection.settimeout(_left(deadline))
                received = self._connection.recv_into(view[filled:])
            except OSError as error:
                raise ChannelClosed(f"nothing received: {error}") from error
            if received == 0:
                raise ChannelClosed("the other end closed the connection")
            filled += received
        return got


def _left(deadline: float | None) -> float | None:
    if deadline is None:
        return None
    left = deadline - monotonic()
    if left <= 0:
        raise TimeoutError("timed out")
    return left
