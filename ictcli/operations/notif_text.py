"""What a message says: title, body, and by which names it is known again."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ictcli.clock import iso
from ictcli.operations.notif_plan import Message
from ictcli.operations.outbox_rows import Due

_LONGEST_TITLE = 120
_MOST_LINES, _MOST_SIGNS = 60, 3_000
_MOST_KEYS = 5


@dataclass(frozen=True, slots=True)
class Letter:
    """A message in words."""

    title: str
    body: str
    severity: str


def letter_of(message: Message, desk: str) -> Letter:
    """A message in words.

    Args:
        message: alerts told together.
        desk: names the workspace, as people may have several.
    """
    write = _digest if message.digest else _single
    title, lines = write(message.rows)
    doubtful = sum(bool(row.doubtful) for row in message.rows)
    if doubtful:
        whole = "this" if doubtful == len(message.rows) else f"{doubtful} of these"
        lines.append(f"Perhaps {whole} came before: whether an earlier message arrived is not known.")
    word = f"[{message.severity}] {desk}: "
    return Letter(_cut(word + title, _LONGEST_TITLE), "\n".join(lines) + "\n", message.severity)


def _single(rows: Sequence[Due]) -> tuple[str, list[str]]:
    first, last = rows[0], rows[-1]
    times = f" ({len(rows)} times)" if len(rows) > 1 else ""
    when = iso(first.at) if len(rows) == 1 else f"{len(rows)} times, {iso(first.at)} to {iso(last.at)}"
    lines = [first.text, "", f"{when}, {first.source}, {first.kind}, owner {first.owner}"]
    if first.step:
        lines.insert(1, f"Nobody has acknowledged this: step {first.step}.")
    shown = ", ".join(row.key for row in rows[:_MOST_KEYS])
    more = f" and {len(rows) - _MOST_KEYS} more" if len(rows) > _MOST_KEYS else ""
    numbers = _spans([row.alert for row in rows])
    lines += [f"alert {numbers}, key {shown}{more}", f"ictcli alerts ack {last.alert} --reason TEXT"]
    return f"{first.kind}: {first.text}{times}", lines


def _digest(rows: Sequence[Due]) -> tuple[str, list[str]]:
    """As many lines as fit, the worst first, then how many more of each kind."""
    kinds = Counter(row.kind for row in rows)
    lines = [f"{len(rows)} alerts, {iso(rows[0].at)} to {iso(max(row.at for row in rows))}:", ""]
    worst = sorted(rows, key=lambda row: (row.severity != "critical", row.severity == "info", row.alert))
    shown, size = 0, 0
    for row in worst:
        line = f"{row.alert} {iso(row.at)} {row.severity} {row.kind}: {row.text}"
        if shown == _MOST_LINES or size + len(line) > _MOST_SIGNS:
            break
        lines.append(line)
        shown, size = shown + 1, size + len(line)
    left = Counter(row.kind for row in worst[shown:])
    if left:
        counts = ", ".join(f"{count} {kind}" for kind, count in left.most_common())
        lines.append(f"and {len(rows) - shown} more: {counts}")
    lines += ["", f"alerts {_spans([row.alert for row in rows])}", "ictcli alerts list shows all of them"]
    named = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common(3))
    return f"{len(rows)} alerts: {named}", lines


def _spans(numbers: Sequence[int]) -> str:
    """Numbers in short: 3-5, 8."""
    spans: list[list[int]] = []
    for number in sorted(numbers):
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    shown = ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in spans[:20])
    return shown + (" ..." if len(spans) > 20 else "")


def _cut(text: str, most: int) -> str:
    """Cut by signs of ASCII, which subjects of mails show as they are."""
    return text if len(text) <= most else text[: most - 3] + "..."
