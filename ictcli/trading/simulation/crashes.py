"""The end of a process, as an exception that nothing of the trader may catch."""


class Crash(BaseException):
    """The process is gone: no handler, no clean-up, memory lost."""


class Doom:
    """Counts the steps of one process and ends it at the fated one.

    A step is whatever comes before or after something that outlives the process: a write, a sync, a request
    on its way, an answer on its way back.
    """

    def __init__(self, steps: int | None) -> None:
        self.steps = steps
        self.taken = 0
        self.where = ""

    def step(self, where: str) -> None:
        """Pass a point at which a process can end.

        Raises:
            Crash: it ends here.
        """
        self.taken += 1
        if self.steps is not None and self.taken >= self.steps:
            self.where = where
            raise Crash(where)
