"""Every table, imported once so that the metadata is whole: for Alembic and for tests."""
from privmedia.access.models import Ace, Acl, AclChain
from privmedia.accounts.models import (
    ApiToken,
    Group,
    Membership,
    OneTimeLink,
    RecoveryCode,
    SignIn,
    SiteValue,
    Throttle,
    TwoFactor,
    User,
    Viewpoint,
)
from privmedia.asking.models import AccessRequest
from privmedia.attention.models import Attention, Watching
from privmedia.audit.models import Event, Seal, Stretch, Viewing
from privmedia.captions.models import Captions, Chapter
from privmedia.db import Base
from privmedia.embedding.models import Embed, EmbedFlow, EmbedKey, EmbedPage, EmbedToken
from privmedia.following.models import Follow, Notice, NoticeChoice
from privmedia.giving.models import SentFile
from privmedia.importing.models import Imported
from privmedia.jobs.models import Job, Queue, Worker
from privmedia.library.models import (
    Deletion,
    DeletionRule,
    File,
    Folder,
    Item,
    ItemTag,
    Leftover,
    PublicCopy,
    Star,
    Version,
)
from privmedia.mail.models import Mail
from privmedia.playback.models import Playback
from privmedia.providers.models import ProviderAccount, ProviderGroup, ProviderSession
from privmedia.search.models import SearchChange, SearchDocument, SearchPart, SearchSpelling
from privmedia.sharing.models import Link, Visit
from privmedia.traffic.models import ReadLog, Traffic
from privmedia.uploads.models import Upload
from privmedia.zips.models import Zip, ZipMember

__all__ = [
    "AccessRequest",
    "Ace",
    "Acl",
    "AclChain",
    "ApiToken",
    "Attention",
    "Base",
    "Captions",
    "Chapter",
    "Deletion",
    "DeletionRule",
    "Embed",
    "EmbedFlow",
    "EmbedKey",
    "EmbedPage",
    "EmbedToken",
    "Event",
    "File",
    "Folder",
    "Follow",
    "Group",
    "Imported",
    "Item",
    "ItemTag",
    "Job",
    "Leftover",
    "Link",
    "Mail",
    "Membership",
    "Notice",
    "NoticeChoice",
    "OneTimeLink",
    "Playback",
    "ProviderAccount",
    "ProviderGroup",
    "ProviderSession",
    "PublicCopy",
    "Queue",
    "ReadLog",
    "RecoveryCode",
    "Seal",
    "SearchChange",
    "SearchDocument",
    "SearchPart",
    "SearchSpelling",
    "SentFile",
    "SignIn",
    "SiteValue",
    "Star",
    "Stretch",
    "Throttle",
    "Traffic",
    "TwoFactor",
    "Upload",
    "User",
    "Version",
    "Viewing",
    "Viewpoint",
    "Visit",
    "Watching",
    "Worker",
    "Zip",
    "ZipMember",
]
