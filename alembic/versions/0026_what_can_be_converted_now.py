"""What could not be played, or in some browsers only, is looked into again by the worker, which converts now.

Revision ID: 0026
Revises: 0025
"""
from __future__ import annotations

import time

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

# A reason on a film that is ready says which browsers do not play it.
JOB = (
    "INSERT INTO jobs (kind, target_id, priority, state, attempts, run_after, error, created_at) "
    "SELECT 'prepare', v.id, 70, 'queued', 0, :now, '', :now FROM versions v WHERE v.state = 'unplayable' "
    "OR (v.state = 'ready' AND v.reason <> '' AND v.width IS NOT NULL AND v.pages IS NULL)"
)


def upgrade() -> None:
    op.get_bind().execute(sa.text(JOB), {"now": round(time.time() * 1000)})


def downgrade() -> None:
    # What was not converted yet stays to be prepared, as after an upload.
    op.execute(
        "DELETE FROM jobs WHERE kind IN ('convert', 'storyboard', 'streams', 'captions-of-streams', 'subtitles')"
    )
    op.execute(
        "UPDATE versions SET state = 'unplayable', reason = 'This file plays only after conversion.' "
        "WHERE state = 'preparing' AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.kind = 'prepare' "
        "AND j.target_id = versions.id AND j.state IN ('queued', 'running'))"
    )
    op.execute(
        "UPDATE items SET state = 'unplayable', reason = 'This file plays only after conversion.' "
        "WHERE state = 'preparing' AND EXISTS (SELECT 1 FROM versions v WHERE v.item_id = items.id "
        "AND v.number = items.current AND v.state = 'unplayable')"
    )
