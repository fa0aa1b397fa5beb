"""What can be found: texts of items, their documents, and the index that the database keeps from these.

Revision ID: 0010
Revises: 0009
"""
from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

COLUMNS = ("title", "names", "description", "said")
# Which changes of which table are noted, and the id of the document they are about.
NOTED = {
    "items_insert": ("INSERT", "items", "NEW.id"),
    "items_delete": ("DELETE", "items", "OLD.id"),
    "items_update": ("UPDATE OF title, description, current", "items", "NEW.id"),
    "versions_insert": ("INSERT", "versions", "NEW.item_id"),
    "versions_update": ("UPDATE OF filename, number, item_id", "versions", "NEW.item_id"),
    "tags_insert": ("INSERT", "item_tags", "NEW.item_id"),
    "tags_update": ("UPDATE", "item_tags", "NEW.item_id"),
    "tags_delete": ("DELETE", "item_tags", "OLD.item_id"),
    "folders_insert": ("INSERT", "folders", "-NEW.id"),
    "folders_delete": ("DELETE", "folders", "-OLD.id"),
    "folders_update": ("UPDATE OF name", "folders", "-NEW.id"),
    "parts_insert": ("INSERT", "search_parts", "NEW.item_id"),
    "parts_update": ("UPDATE", "search_parts", "NEW.item_id"),
    "parts_delete": ("DELETE", "search_parts", "OLD.item_id"),
}
NOTE = (
    "INSERT INTO search_changes (document_id, backlog) VALUES ({id}, false) "
    "ON CONFLICT (document_id) DO UPDATE SET backlog = false"
)


def upgrade() -> None:
    op.create_table(
        "search_parts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("part", sa.String(length=48), nullable=False),
        sa.Column("version", sa.Integer()),
        sa.Column("at", sa.Double()),
        sa.Column("page", sa.Integer()),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["items.id"], name=op.f("fk_search_parts_item_id_items"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_parts")),
    )
    op.create_index("ix_search_parts_item_id", "search_parts", ["item_id", "part"])
    op.create_table(
        "search_documents",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in COLUMNS),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_documents")),
    )
    op.create_table(
        "search_changes",
        sa.Column("document_id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("backlog", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_search_changes")),
    )
    op.create_table(
        "search_spellings",
        sa.Column("spelling", sa.String(length=32), nullable=False),
        sa.Column("word", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("spelling", "word", name=op.f("pk_search_spellings")),
        sqlite_with_rowid=False,
    )
    if op.get_bind().dialect.name == "sqlite":
        index_on_sqlite()
    else:
        index_on_postgresql()
    # What is there already: worked out by `privmedia migrate`, or by the worker.
    op.execute("INSERT INTO search_changes (document_id, backlog) SELECT id, true FROM items")
    op.execute("INSERT INTO search_changes (document_id, backlog) SELECT -id, true FROM folders")


def index_on_sqlite() -> None:
    columns = ", ".join(COLUMNS)
    # The words come cut and folded: this tokenizer takes them as they are, whatever their letters.
    op.execute(
        f"CREATE VIRTUAL TABLE search_index USING fts5({columns}, content='search_documents', content_rowid='id', "
        "tokenize='ascii', prefix='2 3')"
    )
    for name, (change, table, number) in NOTED.items():
        op.execute(
            f"CREATE TRIGGER search_{name} AFTER {change} ON {table} BEGIN {NOTE.format(id=number)}; END"
        )


def index_on_postgresql() -> None:
    op.execute(
        "CREATE TABLE search_index (id integer PRIMARY KEY, words tsvector NOT NULL)"
    )
    op.execute("CREATE INDEX ix_search_index_words ON search_index USING gin (words)")
    # By hand, word for word: to_tsvector() would cut and change what is cut already. One place stays free between two
    # columns, so that no term reaches from one into the next.
    op.execute(
        """
        CREATE FUNCTION search_vector(title text, names text, description text, said text) RETURNS tsvector
        LANGUAGE sql IMMUTABLE AS $$
          SELECT coalesce(string_agg(quote_literal(word) || ':' || place || weight, ' '), '')::tsvector
          FROM (
            SELECT word, weight, row_number() OVER (ORDER BY weight, place) + ascii(weight) - ascii('A') AS place
            FROM (VALUES (title, 'A'), (names, 'B'), (description, 'C'), (said, 'D')) AS columns (words, weight),
              unnest(string_to_array(words, ' ')) WITH ORDINALITY AS list (word, place)
            WHERE word <> ''
          ) AS placed
        $$
        """
    )
    for name, (change, table, number) in NOTED.items():
        op.execute(
            f"CREATE FUNCTION search_note_{name}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {NOTE.format(id=number)}; RETURN NULL; END $$"
        )
        op.execute(
            f"CREATE TRIGGER search_{name} AFTER {change} ON {table} FOR EACH ROW EXECUTE FUNCTION search_note_{name}()"
        )


def downgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    for name, (_change, table, _number) in NOTED.items():
        op.execute(f"DROP TRIGGER search_{name}" + (f" ON {table}" if postgresql else ""))
        if postgresql:
            op.execute(f"DROP FUNCTION search_note_{name}()")
    if postgresql:
        op.execute("DROP FUNCTION search_vector(text, text, text, text)")
    op.execute("DROP TABLE search_index")
    for table in ("search_spellings", "search_changes", "search_documents", "search_parts"):
        op.drop_table(table)
