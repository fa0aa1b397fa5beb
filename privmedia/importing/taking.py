"""Taking one file over: all of it on the disk first, then all rows in one short transaction, or nothing of it.

The source goes, where it is to go, after the commit and no sooner. Killed at any point, the next run finds either the
rows, and removes what was left of the source, or no rows, and begins with the file anew; what lies in its place without
rows is cleared away as that of every upload.
"""
from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from privmedia import media
from privmedia.audit.service import COMMAND_LINE, Audit
from privmedia.captions import cues
from privmedia.captions.keeping import MEDIA_TYPE
from privmedia.captions.languages import name_of
from privmedia.captions.service import Captioning, file_name, spoken
from privmedia.errors import DomainError, NoSpace
from privmedia.ids import new_uid
from privmedia.importing.known import Known, key_of
from privmedia.importing.looking import Found, Manner
from privmedia.importing.models import Imported
from privmedia.importing.tree import Named, shown
from privmedia.installation import Installation
from privmedia.jobs.service import Jobs
from privmedia.library.cards import small_of
from privmedia.library.models import POSTER, PREPARE, SMALL_POSTER, File, Kind
from privmedia.library.preparation import Product
from privmedia.library.service import Library, Received
from privmedia.library.tags import Tags
from privmedia.media import HEAD_BYTES
from privmedia.posters.service import COVER, WEBP, new_name, require_picture
from privmedia.storage import Whole, adopting
from privmedia.storage.adopting import Changed
from privmedia.uploads.keeping import FIRST_VERSION, commit, take_back

AFTER_UPLOADS = 55
"""The priority of preparing what was imported: who sends a file by hand waits for it."""


class MeanwhileTaken(Exception):
    """Another import has just made an item of the same file."""


class Taking:
    """Makes items of files. `on_bytes` hears how far the copying is."""

    def __init__(self, installation: Installation, manner: Manner, on_bytes: Callable[[int], None]) -> None:
        self._installation = installation
        self._manner = manner
        self._on_bytes = on_bytes

    def take(self, found: Found, folder_uid: str, path: str, *, digest: str | None = None) -> str:
        """Make a file an item of a folder, which is called `path`; answers the public id.

        Raises MeanwhileTaken, Changed, Unreadable, NotFound if the folder is gone, NoSpace and Unavailable for what
        keeps every other file from being taken as well.
        """
        storage, uid = self._installation.storage, new_uid()
        with storage.work_folder() as work:
            whole = self._adopted(found, work / "file")
            facts = self._facts(found) | {"item": uid, "version": FIRST_VERSION, "title": found.title, "folder": path}
            try:
                storage.place(whole, uid, FIRST_VERSION, facts=facts)
            except BaseException:
                self._give_back(found)
                raise
            try:
                products = [*self._captions(found, uid, work), *self._poster(found, uid, work)]
                if adopting.has_changed(found.facts, os.fstat(found.handle)):
                    raise Changed
                self._enter(found, uid, folder_uid, size=whole.size, digest=digest, products=products)
            except BaseException as error:
                self._give_back(found)
                take_back(self._installation, uid, FIRST_VERSION)
                if isinstance(error, IntegrityError):
                    raise MeanwhileTaken from error
                raise
        storage.settle(uid, FIRST_VERSION)
        return uid

    def remove_source(self, found: Found) -> bool:
        """Remove what is an item now, and what was taken along; whether all of it is gone."""
        file = found.bundle.file
        beside = [Named(file.place, name, facts).remove(facts) for name, facts in found.taken.items()]
        return file.remove(found.facts) and all(beside)

    def _adopted(self, found: Found, out: Path) -> Whole:
        if self._manner.move:
            file = found.bundle.file
            linked = adopting.linked(found.handle, file.place.handle, file.name, out)
            if linked is not None:
                self._on_bytes(linked.size)
                return linked
        return adopting.copied(found.handle, out, on_bytes=self._on_bytes)

    def _give_back(self, found: Found) -> None:
        if self._manner.move:
            with contextlib.suppress(OSError):
                os.fchmod(found.handle, found.facts.st_mode & 0o7777)

    def _facts(self, found: Found) -> dict[str, Any]:
        return {
            "filename": found.filename,
            "media_type": found.file_type.media_type,
            "size": found.facts.st_size,
            "added_by": COMMAND_LINE.name,
            "added_at": self._installation.clock().isoformat(timespec="seconds"),
            "from": shown(found.bundle.file.path),
        }

    def _captions(self, found: Found, uid: str, work: Path) -> Iterator[Product]:
        for language, lines in found.captions.items():
            name = file_name(language)
            stored_as = name.replace(".vtt", f"-{secrets.token_hex(4)}.vtt")
            made = work / "text"
            made.write_text(cues.written(lines), encoding="utf-8")
            size = made.stat().st_size
            self._installation.storage.place_product(made, uid, FIRST_VERSION, stored_as)
            yield Product(name=name, stored_as=stored_as, media_type=MEDIA_TYPE, size=size)

    def _poster(self, found: Found, uid: str, work: Path) -> Iterator[Product]:
        if found.picture is None:
            return
        sent, made, small, inside = (work / name for name in ("picture", POSTER, SMALL_POSTER, "drawing"))
        sent.write_bytes(found.picture)
        inside.mkdir()
        name = shown(found.bundle.beside.picture or "")
        try:
            file_type = media.sniff(found.picture[:HEAD_BYTES], name)
            require_picture(file_type)
            drawn = media.make_still(sent, file_type, seconds=None, out=made, small=small, work=inside)
        except NoSpace:
            raise
        except DomainError as error:
            found.notes.append(f"{name}: {error}")
            drawn = False
        if not drawn:
            found.taken.pop(found.bundle.beside.picture or "", None)
            found.picture = None
            return
        stored_as = new_name(COVER)
        for path, kept_as in ((made, stored_as), (small, small_of(stored_as))):
            size = path.stat().st_size
            self._installation.storage.place_product(path, uid, FIRST_VERSION, kept_as)
            yield Product(name=path.name, stored_as=kept_as, media_type=WEBP, size=size)

    def _enter(
        self,
        found: Found,
        uid: str,
        folder_uid: str,
        *,
        size: int,
        digest: str | None,
        products: Sequence[Product],
    ) -> None:
        passages = {language: spoken(lines) for language, lines in found.captions.items()}
        received = Received(
            uid=uid,
            filename=found.filename,
            media_type=found.file_type.media_type,
            size=size,
            kind=Kind(found.file_type.kind.value),
        )

        def rows(session: Session) -> None:
            library, source = Library(session, self._installation), found.bundle.file
            note = session.get(Imported, key_of(source.path), with_for_update=True)
            if not self._manner.again and Known(session).unchanged(source.path, found.facts) is not None:
                raise MeanwhileTaken
            folder = library.folder(folder_uid)
            version = library.add_item(folder=folder, title=found.title, received=received, by=None)
            version.sha256 = digest
            version.item.description = found.said.description
            if found.said.tags:
                Tags(session, self._installation).put(version.item, found.said.tags)
            captioning = Captioning(session, self._installation)
            for language, lines in passages.items():
                captioning.put_captions(
                    version, language=language, label=name_of(language), passages=lines, by=None
                )
            session.add_all(File(version_id=version.id, **vars(product)) for product in products)
            note = note or Imported(source=key_of(source.path))
            note.size, note.modified = found.facts.st_size, found.facts.st_mtime_ns
            note.beside, note.item_id = found.beside, version.item_id
            session.add(note)
            Jobs(session, self._installation).enqueue(PREPARE, version.id, priority=AFTER_UPLOADS)
            Audit(session, self._installation).record(
                "item.add",
                identity=COMMAND_LINE,
                target=f"item:{uid}",
                detail={"folder": folder.uid, "file": found.filename, "size": size},
            )

        commit(self._installation, rows)
