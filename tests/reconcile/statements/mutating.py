"""Ways in which a statement file gets damaged on its way, or is tampered with."""

import random
import re
from collections.abc import Callable

ROW = re.compile(r"<tr.*?</tr>\s*", re.DOTALL)
CELL = re.compile(r"(<t[dh][^>]*>)(.*?)(</t[dh]>)", re.DOTALL)

Mutation = Callable[[str, random.Random], str]


def drop_row(text: str, dice: random.Random) -> str:
    found = dice.choice(list(ROW.finditer(text)))
    return text[: found.start()] + text[found.end() :]


def double_row(text: str, dice: random.Random) -> str:
    found = dice.choice(list(ROW.finditer(text)))
    return text[: found.end()] + found.group() + text[found.end() :]


def swap_rows(text: str, dice: random.Random) -> str:
    rows = list(ROW.finditer(text))
    at = dice.randrange(len(rows) - 1)
    one, two = rows[at], rows[at + 1]
    middle = text[one.end() : two.start()]
    return text[: one.start()] + two.group() + middle + one.group() + text[two.end() :]


def change_digit(text: str, dice: random.Random) -> str:
    start = text.find("<table")
    places = [found.start() for found in re.finditer(r"\d", text) if found.start() > start]
    at = dice.choice(places)
    return text[:at] + dice.choice([one for one in "0123456789" if one != text[at]]) + text[at + 1 :]


def drop_digit(text: str, dice: random.Random) -> str:
    start = text.find("<table")
    at = dice.choice([found.start() for found in re.finditer(r"\d", text) if found.start() > start])
    return text[:at] + text[at + 1 :]


def swap_columns(text: str, dice: random.Random) -> str:
    """Two columns of one table, headings with them where they have as many cells."""
    rows = list(ROW.finditer(text))
    counts = [len(CELL.findall(row.group())) for row in rows]
    at = dice.choice([place for place, count in enumerate(counts) if count >= 10])
    first, last = at, at
    while first and counts[first - 1] == counts[at]:
        first -= 1
    while last + 1 < len(rows) and counts[last + 1] == counts[at]:
        last += 1
    one, two = sorted(dice.sample(range(counts[at]), 2))
    out, end = [], 0
    for place in range(first, last + 1):
        cells = list(CELL.finditer(text, rows[place].start(), rows[place].end()))
        out += [
            text[end : cells[one].start(2)], cells[two].group(2),
            text[cells[one].end(2) : cells[two].start(2)],
            cells[one].group(2),
        ]  # fmt: skip
        end = cells[two].end(2)
    return "".join(out) + text[end:]


def truncate(text: str, dice: random.Random) -> str:
    return text[: dice.randrange(len(text))]


def lose_tag(text: str, dice: random.Random) -> str:
    found = dice.choice(list(re.finditer(r"</?\w+[^>]*>", text)))
    return text[: found.start()] + text[found.end() :]


def empty_cell(text: str, dice: random.Random) -> str:
    found = dice.choice([one for one in CELL.finditer(text) if one.group(2).strip()])
    return text[: found.start(2)] + text[found.end(2) :]


def flip_sign(text: str, dice: random.Random) -> str:
    found = dice.choice(list(re.finditer(r">-?(?=\d[\d ]*\.\d\d<)", text)))
    return text[: found.start()] + (">" if found.group() == ">-" else ">-") + text[found.end() :]


MUTATIONS: tuple[Mutation, ...] = (
    drop_row, double_row, swap_rows, change_digit, drop_digit, swap_columns, truncate, lose_tag, empty_cell,
    flip_sign,
)  # fmt: skip
