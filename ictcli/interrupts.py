"""Ctrl-C, held back where Python cannot unwind safely.

A ``KeyboardInterrupt`` raised while the kernel compiler runs may surface inside one of its destructors,
where Python drops it, or come out as a compiler error. So the handler asks here first.
"""


class Pressed(KeyboardInterrupt):
    """Ctrl-C, of a type of its own.

    Python ends a process by SIGINT, whatever its exit code, once a plain ``KeyboardInterrupt`` went through
    source that is run from a string, as dataclasses and the compiler do; of a subtype it thinks nothing.
    """


class Hold:
    """Counts sections that must not be interrupted, and remembers that somebody pressed Ctrl-C meanwhile.

    Attributes:
        depth: sections entered and not left.
        pending: Ctrl-C was pressed inside one.
    """

    def __init__(self) -> None:
        self.depth = 0
        self.pending = False

    def enter(self) -> None:
        """Begin a section."""
        self.depth += 1

    def leave(self) -> None:
        """End a section.

        Raises:
            Pressed: the outermost section ends and Ctrl-C was pressed inside.
        """
        self.depth -= 1
        if self.pending and self.depth == 0:
            self.pending = False
            raise Pressed

    def press(self) -> None:
        """Ctrl-C was pressed.

        Raises:
            Pressed: at once, unless inside a section.
        """
        if self.depth == 0:
            raise Pressed
        self.pending = True


COMPILING = Hold()
"""The compiler's sections; the process has one signal handler, so there is one of these."""
