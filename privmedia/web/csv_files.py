"""Tables as files for spreadsheets: CSV as RFC 4180 has it, in which no cell is a formula."""
from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from pyramid.response import Response

BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel reads the file in the code page of its machine."""
BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
LINES_AT_ONCE = 500


def csv_file(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """An answer that is saved as `name`. The rows are read while it is sent."""
    response = Response(content_type="text/csv", charset="UTF-8")
    response.content_disposition = f'attachment; filename="{name}"'
    response.app_iter = _blocks(header, rows)
    return response


def harmless(cell: object) -> str:
    """The text of a cell; what a spreadsheet would take for a formula begins with an apostrophe."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(BEGINS_A_FORMULA) and not isinstance(cell, int) else text


def _blocks(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    text = io.StringIO()
    text.write(BYTE_ORDER_MARK)
    writer = csv.writer(text)
    writer.writerow(header)
    for number, row in enumerate(rows, 1):
        writer.writerow([harmless(cell) for cell in row])
        if number % LINES_AT_ONCE == 0:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()
