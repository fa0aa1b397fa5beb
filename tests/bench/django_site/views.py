"""One view: may she see it, and where does it lie."""
from __future__ import annotations

import os

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe
from django_sendfile import sendfile
from django_site.models import Item


@require_safe
@login_required
def file(request: HttpRequest, uid: str) -> HttpResponse:
    item = get_object_or_404(Item.objects.select_related("folder__rules"), uid=uid)
    if not request.user.has_perm("django_site.view_items", item.folder.rules):
        raise Http404
    return sendfile(request, os.path.join(settings.SENDFILE_ROOT, item.path), mimetype="video/mp4")
