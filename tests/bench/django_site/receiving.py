"""A form with a file in it, as Django's own pages show it: for who is signed in, kept by a FileField."""
from __future__ import annotations

from typing import ClassVar

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django_site.models import Upload


class UploadForm(forms.ModelForm):
    class Meta:
        model = Upload
        fields: ClassVar = ["title", "file"]


@login_required
def upload(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return HttpResponse(get_token(request), content_type="text/plain")
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return HttpResponse(form.errors.as_text(), status=422, content_type="text/plain")
    kept = form.save()
    return HttpResponse(kept.file.path, status=201, content_type="text/plain")
