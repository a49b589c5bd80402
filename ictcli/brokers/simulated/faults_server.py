"""A trade server that misbehaves by a plan."""

from collections.abc import Callable
from dataclasses import replace

from ictcli.brokers.simulated.faults import Fault, FaultPlan
from ictcli.brokers.simulated.faults_views import SeenServer
from ictcli.brokers.simulated.records import ServerRequest, ServerResult
from ictcli.brokers.simulated.server import TradeServer
from ictcli.brokers.simulated.server_requests import answer, asked_series
from ictcli.terminals.constants import ErrorCode, Retcode, TradeAction

_LOST = (
    ErrorCode.E_INTERNAL_FAIL_RECEIVE,
    ErrorCode.E_INTERNAL_FAIL_TIMEOUT,
    ErrorCode.E_INTERNAL_FAIL,
    ErrorCode.E_FAIL,
)
"""What a terminal says when it cannot know whether a request was executed."""
_CALLS = (
    "terminal_info", "account_info", "symbol_info", "symbol_info_tick", "copy_rates_from_pos", "orders_get",
    "positions_get", "history_orders_get", "history_deals_get", "order_check", "order_send",
)  # fmt: skip
_ELSEWHERE = 90_000_001
"""Ticket of what goes to another account."""


class FaultyServer(SeenServer):
    """A trade server behind a plan of faults.

    Args:
        inner: the server that executes.
        plan: what goes wrong.

    Attributes:
        strayed: requests that went to another account.
        faults: how often each fault happened.
    """

    def __init__(self, inner: TradeServer, plan: FaultPlan) -> None:
        super().__init__(inner, plan)
        self.strayed: list[ServerRequest] = []
        self.faults: dict[Fault, int] = {}
        self._runs: dict[Retcode, int] = {Retcode.REQUOTE: 0, Retcode.TOO_MANY_REQUESTS: 0}

    def execute(self, request: ServerRequest) -> ServerResult | None:
        """Do what the plan makes of a request; None where nobody answers (``line.errors`` says how)."""
        if not self.line.connected:
            return self._say(request, Retcode.CONNECTION)
        if self.away:
            return self._stray(request)
        for code, left in self._runs.items():
            if left > 0:
                self._runs[code] -= 1
                return self._say(request, code)
        fault = self.plan.next()
        self.faults[fault] = self.faults.get(fault, 0) + 1
        return self._acts()[fault](request)

    def _acts(self) -> dict[Fault, Callable[[ServerRequest], ServerResult | None]]:
        """What each fault does."""
        return {
            Fault.NONE: self.inner.execute,
            Fault.REQUOTE: lambda one: self._run(one, Retcode.REQUOTE),
            Fault.BUSY: lambda one: self._run(one, Retcode.TOO_MANY_REQUESTS),
            Fault.REJECT: lambda one: self._say(one, Retcode.REJECT),
            Fault.PART: self._part,
            Fault.CUT: lambda one: self._cut(one, done=False),
            Fault.CUT_DONE: lambda one: self._cut(one, done=True),
            Fault.TIMEOUT: lambda one: self._say(one, Retcode.TIMEOUT),
            Fault.TIMEOUT_DONE: lambda one: self._done_and_say(one, Retcode.TIMEOUT),
            Fault.LOST: lambda _: self._lose(),
            Fault.LOST_DONE: self._done_and_lose,
            Fault.LATE: self._late,
            Fault.TWICE: self._twice,
            Fault.SWITCHED: self._switched,
            Fault.RESTART: self._restart,
        }

    def _say(self, request: ServerRequest, code: Retcode) -> ServerResult:
        """An answer without doing anything."""
        scene = self.inner.scene
        return answer(scene, asked_series(scene, request), code)

    def _done_and_say(self, request: ServerRequest, code: Retcode) -> ServerResult:
        self.inner.execute(request)
        return self._say(request, code)

    def _run(self, request: ServerRequest, code: Retcode) -> ServerResult:
        """The first of a run of the same answer."""
        self._runs[code] = self.plan.up_to(self.plan.rates.longest) - 1
        return self._say(request, code)

    def _part(self, request: ServerRequest) -> ServerResult:
        """Execute a part of a deal where there is one."""
        part = self.plan.up_to(max(1, request.volume - 1)) if request.action == TradeAction.DEAL else 0
        s = asked_series(self.inner.scene, request)
        least = int(self.inner.scene.world.series[s]["min_steps"]) if s >= 0 else 0
        return self.inner.execute(request, part if least <= part < request.volume else 0)

    def _cut(self, request: ServerRequest, *, done: bool) -> ServerResult:
        """Answer that there is no connection, and have none for a while."""
        if done:
            self.inner.execute(request)
        self.down_until = self.now + self.plan.up_to(self.plan.rates.outage)
        return self._say(request, Retcode.CONNECTION)

    def _lose(self) -> None:
        """Let the terminal say that it heard nothing."""
        code = _LOST[self.plan.up_to(len(_LOST)) - 1]
        self.inner.line.errors.setdefault("order_send", []).append(int(code))

    def _done_and_lose(self, request: ServerRequest) -> None:
        self.inner.execute(request)
        self._lose()

    def _late(self, request: ServerRequest) -> None:
        self.inner.send(request, self.now + self.plan.up_to(self.plan.rates.outage))
        self._lose()

    def _twice(self, request: ServerRequest) -> ServerResult:
        first = self.inner.execute(request)
        self.inner.execute(request)
        return first

    def _switched(self, request: ServerRequest) -> ServerResult:
        """Log in to another account for a while; the request goes there."""
        self.away_until = self.now + self.plan.up_to(self.plan.rates.outage)
        return self._stray(request)

    def _stray(self, request: ServerRequest) -> ServerResult:
        self.strayed.append(request)
        return replace(self._say(request, Retcode.DONE), order=_ELSEWHERE)

    def _restart(self, _: ServerRequest) -> None:
        """Restart the terminal: its next calls fail as without a connection."""
        code, calls = int(ErrorCode.E_INTERNAL_FAIL_CONNECT), self.plan.up_to(self.plan.rates.longest)
        for name in _CALLS:
            self.inner.line.errors.setdefault(name, []).extend([code] * calls)
        self.inner.line.errors["order_send"].insert(0, int(ErrorCode.E_INTERNAL_FAIL_RECEIVE))
