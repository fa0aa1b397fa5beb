"""Folders, lists of rules, items. Guardian's object permissions are given to groups on a list of rules.

Rules from above are worked out when they are set, not when a file is asked for, and there is no Deny and no end date:
one check decides. A walk up the folders, as one would write it first, costs this stack several times as much.
"""
from __future__ import annotations

from django.db import models


class Rules(models.Model):
    class Meta:
        permissions = [("view_items", "Can view the items here")]


class Folder(models.Model):
    uid = models.CharField(max_length=16, unique=True)
    parent = models.ForeignKey("self", null=True, on_delete=models.CASCADE)
    rules = models.ForeignKey(Rules, on_delete=models.CASCADE)


class Item(models.Model):
    uid = models.CharField(max_length=16, unique=True)
    title = models.CharField(max_length=300)
    folder = models.ForeignKey(Folder, on_delete=models.CASCADE)
    uploader_id = models.IntegerField()
    path = models.CharField(max_length=200)


class Upload(models.Model):
    title = models.CharField(max_length=300)
    file = models.FileField(upload_to="uploads")
