"""Every table, imported once so that the metadata is whole: for Alembic and for tests."""
from privmedia.access.models import Ace, Acl, AclChain
from privmedia.accounts.models import Group, Membership, OneTimeLink, SignIn, SiteValue, Throttle, User
from privmedia.audit.models import Event
from privmedia.db import Base
from privmedia.jobs.models import Job
from privmedia.library.models import File, Folder, Item, Version

__all__ = [
    "Ace",
    "Acl",
    "AclChain",
    "Base",
    "Event",
    "File",
    "Folder",
    "Group",
    "Item",
    "Job",
    "Membership",
    "OneTimeLink",
    "SignIn",
    "SiteValue",
    "Throttle",
    "User",
    "Version",
]
