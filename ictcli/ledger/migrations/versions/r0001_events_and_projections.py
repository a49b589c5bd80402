"""Events, epochs and projections, with triggers that keep events append-only."""

import sqlalchemy as sa
from alembic import op

revision = "r0001"
down_revision = None
branch_labels = None
depends_on = None

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLES = {
    "events": "seq:i* ts:i kind:t body:t prev:t hash:t",
    "epochs": "epoch:i* ts:i holder:t",
    "orders": """account:t* seq:i id:t* ts:i updated:i action:t strategy:t symbol:t bar:i leg:i magic:i side:i
        kind:t volume:t? price:t? limit_price:t? stop:t? target:t? expires:i? target_id:t position:i?
        reduces:i expected:t? status:t ticket:i? attempts:i filled:t cancelling:i code:i message:t""",
    "fills": """account:t* seq:i deal:i* ticket:i position:i id:t magic:i symbol:t side:i entry:t volume:t
        price:t profit:t commission:t swap:t fee:t reason:t ts:i late:i over:i recovered:i of_position:i
        voided:i""",
    "positions": """account:t* seq:i position:i* magic:i symbol:t volume:t price:t realised:t commission:t
        swap:t fee:t stop:t? target:t? opened:i? closed:i?""",
    "cash": "account:t* seq:i name:t* what:t amount:t ts:i operator:i",
    "alerts": "account:t* seq:i* ts:i severity:t code:t text:t",
}
"""Table = its columns: ``t`` text, ``i`` whole number, ``*`` of the key, ``?`` may be NULL."""

APPEND_ONLY = {"events": "seq", "epochs": "epoch"}


def upgrade() -> None:
    """Make everything."""
    for name, columns in TABLES.items():
        keys = [text.partition(":")[0] for text in columns.split() if text.endswith("*")]
        made = [_column(text) for text in columns.split()]
        op.create_table(name, *made, sa.PrimaryKeyConstraint(*keys, name=f"pk_{name}"), sqlite_strict=True)
    op.create_index("ix_fills_account_position", "fills", ["account", "position"])
    make = _sqlite_triggers if op.get_bind().dialect.name == "sqlite" else _postgres_triggers
    for table, key in APPEND_ONLY.items():
        for statement in make(table, key):
            op.execute(statement)


def downgrade() -> None:
    """Remove everything: tables take their triggers with them."""
    op.drop_index("ix_fills_account_position", "fills")
    for name in reversed(TABLES):
        op.drop_table(name)
    if op.get_bind().dialect.name != "sqlite":
        for table in APPEND_ONLY:
            op.execute(f"DROP FUNCTION {table}_append()")
            op.execute(f"DROP FUNCTION {table}_keep()")


def _column(text: str) -> "sa.Column[object]":
    name, _, kind = text.partition(":")
    sql: sa.Text | sa.BigInteger = sa.Text() if kind[0] == "t" else WHOLE
    return sa.Column(name, sql, nullable=kind.endswith("?"), autoincrement=False)


def _sqlite_triggers(table: str, key: str) -> list[str]:
    """An insert must be the next one, whatever its conflict clause says; nothing else is allowed."""
    following = f"(SELECT coalesce(max({key}), 0) + 1 FROM {table})"  # noqa: S608 - names of this file
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    return [
        f"CREATE TRIGGER {table}_append BEFORE INSERT ON {table} WHEN NEW.{key} <> {following} {refuse}",
        f"CREATE TRIGGER {table}_update BEFORE UPDATE ON {table} {refuse}",
        f"CREATE TRIGGER {table}_delete BEFORE DELETE ON {table} {refuse}",
    ]


def _postgres_triggers(table: str, key: str) -> list[str]:
    refuse = f"RAISE EXCEPTION '{table} is append-only';"
    following = f"(SELECT coalesce(max({key}), 0) + 1 FROM {table})"  # noqa: S608 - names of this file
    function = "RETURNS trigger LANGUAGE plpgsql AS"
    gapless = f"IF NEW.{key} <> {following} THEN {refuse} END IF; RETURN NEW;"
    row, whole = "FOR EACH ROW EXECUTE FUNCTION", "FOR EACH STATEMENT EXECUTE FUNCTION"
    return [
        f"CREATE FUNCTION {table}_append() {function} $$ BEGIN {gapless} END $$",
        f"CREATE FUNCTION {table}_keep() {function} $$ BEGIN {refuse} END $$",
        f"CREATE TRIGGER {table}_append BEFORE INSERT ON {table} {row} {table}_append()",
        f"CREATE TRIGGER {table}_change BEFORE UPDATE OR DELETE ON {table} {row} {table}_keep()",
        f"CREATE TRIGGER {table}_truncate BEFORE TRUNCATE ON {table} {whole} {table}_keep()",
        f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM PUBLIC",
    ]
