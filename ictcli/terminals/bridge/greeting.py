"""How the two ends of a bridge meet: loopback only, one hello with the token, one welcome."""

import ipaddress
from typing import Literal

import msgspec

from ictcli.errors import ConfigError
from ictcli.terminals.wire import WireError

VERSION = 1
"""Of the bridge's frames; both ends must speak the same."""
LONGEST_HELLO = 1 << 12
SHORTEST_TOKEN = 16
BUSY = "it serves another client"
WRONG_TOKEN = "wrong token"  # noqa: S105 - an answer, no token
"""Why a client is turned away."""


class Hello(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What the client says first.

    Attributes:
        version: of its frames.
        token: of the bridge.
        urgent: it is an emergency stop, which cannot wait for a seat.
        reads: it only reads, beside one who trades; never said by one who trades, so that a bridge which
            does not know the word serves that one.
    """

    version: int
    token: str
    urgent: bool = False
    reads: bool = False


class Welcome(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What the server says to that; ``why`` is empty when it serves."""

    verdict: Literal["served", "refused", "busy", "version"]
    why: str


_HELLOS = msgspec.msgpack.Decoder(Hello)
_WELCOMES = msgspec.msgpack.Decoder(Welcome)


def loopback(host: str) -> str:
    """The address of this machine that ``host`` names.

    Raises:
        ConfigError: it may be reached by other machines, or is a name that only a resolver knows.
    """
    name = host.strip().strip("[]")
    if name.lower() == "localhost":
        return "127.0.0.1"
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        address = None
    if address is None or not address.is_loopback:
        raise ConfigError(
            f"a bridge is bound to loopback addresses only, not to {host!r}",
            hint="Use 127.0.0.1; reach another machine through a tunnel such as ssh -L.",
        )
    return str(address)


def checked_token(token: str) -> str:
    """A token that is long enough.

    Raises:
        ConfigError: it is shorter than 16 characters or longer than a hello.
    """
    if not SHORTEST_TOKEN <= len(token.encode()) <= LONGEST_HELLO // 2:
        raise ConfigError(
            f"the token of a bridge needs at least {SHORTEST_TOKEN} characters",
            hint="Make one: python -c 'import secrets; print(secrets.token_hex(32))'",
        )
    return token


def encode(message: Hello | Welcome) -> bytes:
    """A message as bytes."""
    if isinstance(message, Hello) and not message.reads:
        return msgspec.msgpack.encode((message.version, message.token, message.urgent))
    return msgspec.msgpack.encode(message)


def decode_hello(frame: bytes | bytearray) -> Hello:
    """What a client says.

    Raises:
        WireError: it is no hello.
    """
    try:
        return _HELLOS.decode(frame)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise WireError("not a hello") from None


def decode_welcome(frame: bytes | bytearray) -> Welcome:
    """What a server says.

    Raises:
        WireError: it is no welcome.
    """
    try:
        return _WELCOMES.decode(frame)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise WireError("not a welcome") from None
