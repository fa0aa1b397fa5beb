"""Rules and explanations as plain values, for scripts and for comparing one month with the next."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from privmedia.access import principals
from privmedia.access.explanation import Explanation, Step
from privmedia.access.permissions import Permission
from privmedia.access.rules import Rule
from privmedia.library.models import Folder
from privmedia.library.pointers import Place
from privmedia.library.rules import Rules


def explained(explanation: Explanation, path: str) -> dict[str, Any]:
    """What somebody may do at a place, and the path of it."""
    person = explanation.user
    return {
        "person": person.email,
        "path": path,
        "can": right_names(explanation.rights),
        "verdict": str(explanation.verdict),
        "administrator": person.is_admin,
        "guest": person.is_guest,
        "disabled": person.disabled_at.isoformat() if person.disabled_at else None,
        "blocked": explanation.blocked,
        "permissions": {
            answer.permission.word.lower(): {
                "given": answer.given,
                "because": [str(step.sentence) for step in answer.because],
            }
            for answer in explanation.answers
        },
        "steps": [_step(step) for step in explanation.steps],
    }


def place_listed(rules: Rules, place: Place, path: str, emails: Mapping[int, str]) -> dict[str, Any]:
    """A place with rules of its own: those rules, everybody who may do something there, and who is blocked."""
    audience = rules.audience(place)
    may = {emails[user_id]: right_names(rights) for user_id, rights in audience.rights.items()}
    return {
        "path": path,
        "kind": "folder" if isinstance(place, Folder) else "item",
        "id": place.uid,
        "inherits": rules.inherits(place),
        "rules": [
            {
                "who": who(rule, emails),
                "allow": right_names(rule.allow),
                "deny": rule.deny,
                "until": rule.until.isoformat() if rule.until else None,
                "ended": rule.ended,
                "set_by": rule.set_by,
                "set_at": rule.created_at.isoformat(),
            }
            for rule in sorted(rules.own(place), key=lambda rule: who(rule, emails))
        ],
        "people": dict(sorted(may.items())),
        "blocked": sorted(emails[user_id] for user_id in audience.blocked),
    }


def place_lines(listed: Mapping[str, Any]) -> list[str]:
    """The same for people."""
    lines = [listed["path"] + ("" if listed["inherits"] else "  (rules from above stop here)")]
    for rule in listed["rules"]:
        given = "blocked" if rule["deny"] else ", ".join(rule["allow"])
        until = f"  {'ended' if rule['ended'] else 'until'} {rule['until']}" if rule["until"] else ""
        by = f" by {rule['set_by']}" if rule["set_by"] else ""
        lines.append(f"  rule  {rule['who']}  {given}{until}  set {rule['set_at'][:10]}{by}")
    lines += [f"  may   {email}  {', '.join(rights)}" for email, rights in listed["people"].items()]
    lines += [f"  none  {email}  blocked" for email in listed["blocked"]]
    return lines


def link_line(link: Mapping[str, Any]) -> str:
    """What a share link opens, and by whose right."""
    return (
        f"Whoever has the link “{link['name']}” ({link['id']}) may {' and '.join(link['allow'])} without signing in, "
        f"by the right of {link['maker']}, until {link['expires']}."
    )


def who(rule: Rule, emails: Mapping[int, str]) -> str:
    """`user a@b.example`, `group Sales`, `everyone`: as the options of `access set` name them."""
    if rule.is_person:
        return f"user {emails[principals.id_of(rule.principal) or 0]}"
    return f"group {rule.name}" if rule.is_group else rule.name


def right_names(rights: Permission) -> list[str]:
    return [permission.word.lower() for permission in Permission if permission in rights]


def _step(step: Step) -> dict[str, Any]:
    rule = step.rule
    return {
        "kind": step.sign.value,
        "says": str(step.sentence),
        "rights": right_names(step.rights),
        "needed": step.needed,
        "set_by": rule.set_by if rule else None,
        "set_at": rule.created_at.isoformat() if rule else None,
        "until": rule.until.isoformat() if rule and rule.until else None,
    }
