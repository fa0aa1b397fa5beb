"""The folders that an upload can go to, as pages offer them: grouped, each with who will see what is added."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyramid.request import Request

from privmedia.access.service import Access
from privmedia.library.tree import Tree
from privmedia.library.who_sees import WhoSees
from privmedia.text import Plural, Sentence
from privmedia.web.i18n import _
from privmedia.web.pages import say_in

MOST_COUNTED = 6
"""Lists of rules for which people are counted; for more it is said in a word whom each is for, at once."""
WILL_SEE = Plural("${count} person will see it", "${count} people will see it")


def choices(request: Request, *, chosen: str, words: str) -> dict[str, Any]:
    """What `uploads/folders.jinja2` needs: those used lately and others, or those called like `words`."""
    targets = request.read(Tree).targets(request.identity, chosen=chosen, words=words)
    seen_by = _seen_by(request, [target.acl_id for target in targets.all])
    groups = [
        (name, [(target.uid, target.path, seen_by[target.acl_id]) for target in group])
        for name, group in ((_("Used lately"), targets.recent), (_("Folders"), targets.others))
        if group
    ]
    return {
        "folders": groups,
        "more": targets.more,
        "words": words,
        "chosen": chosen if any(target.uid == chosen for target in targets.all) else "",
    }


def _seen_by(request: Request, acl_ids: Sequence[int]) -> dict[int, str]:
    """Who will see what is added, in words, for each list of rules: how many people, or whom it is for."""
    different = list(dict.fromkeys(acl_ids))
    if len(different) > MOST_COUNTED:
        found = request.read(WhoSees).in_a_word(different)
        return {acl_id: say_in(request, words) for acl_id, (words, _icon) in found.items()}
    access = request.read(Access)
    words = {}
    for acl_id in different:
        audience = access.audience(acl_id)
        if audience.only(request.identity.user_id) or not audience.viewers:
            words[acl_id] = request.localizer.translate(_("only you and administrators will see it"))
        else:
            words[acl_id] = request.localizer.translate(Sentence(WILL_SEE, {"count": audience.viewers}))
    return words
