"""What was there before search knew it is put into it by the worker: captions, own chapters, pages of documents.

Revision ID: 0012
Revises: 0011
"""
from __future__ import annotations

import time

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

JOB = (
    "INSERT INTO jobs (kind, target_id, priority, state, attempts, run_after, error, created_at) "
    "SELECT '{kind}', v.id, 60, 'queued', 0, :now, '', :now FROM versions v WHERE {which}"
)
SPOKEN = (
    "EXISTS (SELECT 1 FROM captions c WHERE c.version_id = v.id) "
    "OR EXISTS (SELECT 1 FROM chapters c WHERE c.version_id = v.id) "
    "OR CAST(v.probe AS TEXT) LIKE '%\"chapters\": [{%'"
)


def upgrade() -> None:
    for kind, which in (("spoken", SPOKEN), ("texts", "v.pages IS NOT NULL")):
        now = round(time.time() * 1000)
        op.get_bind().execute(sa.text(JOB.format(kind=kind, which=which)), {"now": now})


def downgrade() -> None:
    op.execute("DELETE FROM jobs WHERE kind IN ('spoken', 'texts')")
