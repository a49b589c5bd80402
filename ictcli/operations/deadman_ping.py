"""The heartbeat to the outside: a web address that is called while all is well.

Whoever answers there tells people when the calls stay away, also when this machine is down.
"""

import http.client
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping

from ictcli.errors import ConfigError, SourceUnavailable
from ictcli.terminals.secret import read_secret

_PATIENCE = 10.0


def ping(variable: str, environ: Mapping[str, str]) -> None:
    """Call the address that a variable, or the file behind it, holds; it is told to nobody else.

    Raises:
        ConfigError: there is no address, or it is none of the web.
        SourceUnavailable: it does not answer, or not well.
    """
    url = read_secret(variable, environ)
    try:
        parts = urllib.parse.urlsplit(url)
        bad = parts.scheme not in {"http", "https"} or not parts.hostname
    except ValueError:
        bad = True
    if bad:
        raise ConfigError(f"{variable} holds no web address", hint="It starts with https://.")
    request = urllib.request.Request(url, headers={"User-Agent": "ictcli"})  # noqa: S310 - checked above
    try:
        with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:  # noqa: S310 - checked above
            answer.read(1024)
    except urllib.error.HTTPError as error:
        error.close()
        raise _silent(variable, f"answers with {error.code}") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        late = isinstance(error, TimeoutError) or "timed out" in str(error)
        raise _silent(variable, "does not answer in time" if late else "cannot be reached") from None


def _silent(variable: str, what: str) -> SourceUnavailable:
    return SourceUnavailable(
        f"the address in {variable} {what}", hint="Whoever listens there will tell people by itself."
    )
