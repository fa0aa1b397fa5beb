"""What `startproject` writes, with what a careful production site changes: no debugging, a kept connection, WAL."""
from __future__ import annotations

import os

SECRET_KEY = "for-the-benchmark-alone"
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
USE_TZ = True
ROOT_URLCONF = "django_site.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "guardian",
    "django_site",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "guardian.backends.ObjectPermissionBackend",
]
ANONYMOUS_USER_NAME = None

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ["BENCH_DATABASE"],
        "CONN_MAX_AGE": None,
        "OPTIONS": {"init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL"},
    }
}

SENDFILE_BACKEND = "django_sendfile.backends.nginx"
SENDFILE_ROOT = os.environ["BENCH_PRIVATE"]
SENDFILE_URL = "/pmedia"

# Where uploads are kept; on the same file system while they come, so that they are moved and not copied.
MEDIA_ROOT = os.environ["BENCH_UPLOADS"]
FILE_UPLOAD_TEMP_DIR = os.environ["BENCH_UPLOADS"]
