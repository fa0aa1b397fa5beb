"""Fill the site's database with the library, and sign its people in: `session-of-user-…` is a session's key."""
from __future__ import annotations

import os
from datetime import timedelta
from importlib import import_module

import django


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "django_site.settings"
    django.setup()
    from django.core.management import call_command
    from django.db import connection, transaction

    call_command("migrate", run_syncdb=True, verbosity=0)
    with transaction.atomic():
        fill()
        sign_in()
    connection.cursor().execute("ANALYZE")


def fill() -> None:
    from django.contrib.auth.models import Group, Permission, User
    from django_site.models import Folder, Item, Rules
    from guardian.models import GroupObjectPermission
    from library import GROUPS, Library

    library = Library.make()
    User.objects.bulk_create(User(pk=user, username=f"user{user}", password="!") for user in library.members)
    Group.objects.bulk_create(Group(pk=group, name=f"group {group}") for group in range(1, GROUPS + 1))
    membership = User.groups.through
    membership.objects.bulk_create(
        membership(user_id=user, group_id=group) for user, groups in library.members.items() for group in groups
    )
    Rules.objects.bulk_create(Rules(pk=rules) for rules in library.rules)
    view = Permission.objects.get(codename="view_items")
    GroupObjectPermission.objects.bulk_create(
        GroupObjectPermission(
            permission=view, content_type=view.content_type, object_pk=str(rules), group_id=group
        )
        for rules in library.rules
        for group in sorted(library.viewing_groups(rules))
    )
    Folder.objects.bulk_create(
        Folder(pk=folder.id, uid=folder.uid, parent_id=folder.parent, rules_id=folder.rules)
        for folder in library.folders
    )
    Item.objects.bulk_create(
        (
            Item(
                pk=item.id, uid=item.uid, title=f"Item {item.id}",
                folder_id=item.folder, uploader_id=item.uploader, path=item.path,
            )
            for item in library.items
        ),
        batch_size=5_000,
    )


def sign_in() -> None:
    """Everybody, as in privmedia's database."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.auth.models import User
    from django.utils import timezone

    store = import_module(settings.SESSION_ENGINE).SessionStore
    sessions = []
    for user in User.objects.order_by("-pk"):
        session = store()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        row = session.create_model_instance(dict(session.items()))
        row.session_key = f"session-of-user-{user.pk:016d}"
        row.expire_date = timezone.now() + timedelta(days=3650)
        sessions.append(row)
    type(sessions[0]).objects.bulk_create(sessions)


if __name__ == "__main__":
    main()
