"""The job "texts": a document is found by what stands on its pages. Pages that are pictures of text have none."""
from __future__ import annotations

import logging
import re
import textwrap
from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from privmedia import media
from privmedia.db import WITH_BIN, reading
from privmedia.jobs.worker import Handler, Task
from privmedia.library.models import TEXTS, Item, Version
from privmedia.library.page_steps import in_steps
from privmedia.search.service import Passage, Search, cut_beforehand
from privmedia.storage import ORIGINAL
from privmedia.text import clean_line

log = logging.getLogger(__name__)

PART = "pages"
MOST_PAGES = 2000
MOST_LETTERS = 2_000_000
"""Of all pages together, about 600 full ones."""
LONGEST_PASSAGE = 1000
"""Letters. A page is found in pieces of this length, which are looked through for each line of the results."""
# A word that goes on in the next line, as PDFium says it.
DIVIDED = re.compile("[\x02\u00ad\ufffe]\\s*")


def read_texts(task: Task) -> None:
    """Read the pages of a version, the job's target, and put them in place of what was found of them before."""
    with reading(task.installation.sessions) as session:
        row = session.execute(
            select(Item.id, Item.uid, Version.number, Version.pages)
            .join(Version, Version.item_id == Item.id)
            .where(Version.id == task.target_id)
            .execution_options(**WITH_BIN)
        ).one_or_none()
    if row is None or not row.pages:
        return
    last = min(row.pages, MOST_PAGES)
    original = task.installation.storage.version_folder(row.uid, row.number) / ORIGINAL
    texts: dict[int, str] = {}

    def read(numbers: Sequence[int]) -> None:
        if sum(map(len, texts.values())) < MOST_LETTERS:
            with task.installation.storage.work_folder() as work:
                texts.update(media.read_pages(original, numbers=numbers, work=work, on_tick=task.check))
        task.report((numbers[-1] - 1) / last)

    in_steps(range(1, last + 1), media.READ_AT_ONCE, read)
    passages = cut_beforehand(passage for number in sorted(texts) for passage in passages_of(number, texts[number]))
    with task.writing() as session:
        Search(session, task.installation).put(row.id, PART, passages, version=row.number)


def passages_of(page: int, text: str) -> Iterator[Passage]:
    """The text of a page in pieces, words that were divided at the end of a line put together again."""
    line = clean_line(DIVIDED.sub("", text))
    for piece in textwrap.wrap(line, LONGEST_PASSAGE, break_on_hyphens=False):
        yield Passage(piece, page=page)


def _gave_up(session: Session, version_id: int, sentence: str) -> None:
    """The document is found by its title and what else is said of it."""
    log.warning("the pages of version %s were not read: %s", version_id, sentence)


HANDLERS = {TEXTS: Handler(read_texts, _gave_up)}
