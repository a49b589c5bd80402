"""Web pages with charts that need nothing but themselves: plotly's script, data and a program, all inline."""

from typing import Any

from plotly.offline import get_plotlyjs

from ictcli.reports.page_shell import part, shell


def offline_page(
    template: str, styles: tuple[str, ...], programs: tuple[str, ...], data: Any, *, title: str, **texts: str
) -> str:
    """A page whose own security policy allows its scripts and nothing from any network.

    Args:
        template: file beside this module with what people see.
        styles: files of style sheets, in order.
        programs: files of the page's program, in order.
        data: what the program reads, as plain data.
        title: of the page, as HTML; the template may show it too.
        texts: further parts of the template, as HTML.
    """
    body = part(template).format(title=title, **texts)
    program = "".join(part(name) for name in programs)
    return shell(title, styles, body.strip(), (get_plotlyjs(), program), data)
