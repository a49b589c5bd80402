"""Alembic's revisions lead to the schema that the program uses, and back, on both engines."""

from contextlib import closing

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from ictcli.ledger.address import Place
from ictcli.ledger.database import connected, prepare
from ictcli.ledger.journal import open_journal
from ictcli.ledger.migrating import downgrade, scripts, upgrade
from ictcli.ledger.opening import open_database
from ictcli.ledger.schema import HEAD, METADATA
from tests.ledger.stories import NOW, start


def test_the_program_reads_the_newest_revision() -> None:
    assert scripts().get_current_head() == HEAD


def test_revisions_make_exactly_the_schema(either: Place) -> None:
    with closing(open_database(either.address)) as database:
        prepare(database)
        with connected(database) as connection:
            assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_revisions_go_down_and_up_again_over_data(either: Place) -> None:
    with open_journal(either, now=NOW) as journal:
        journal.append([start()], NOW)
    with closing(open_database(either.address)) as database:
        with connected(database) as connection:
            downgrade(connection)
        assert database.tables() == {"alembic_version"}
        with connected(database) as connection:
            upgrade(connection)
        assert database.tables() == {*METADATA.tables, "alembic_version"}


def test_money_and_volumes_are_text_and_tables_are_strict(place: Place) -> None:
    with closing(open_database(place.address)) as database:
        prepare(database)
        for table in METADATA.tables:
            ((strict,),) = database.execute(f"SELECT strict FROM pragma_table_list('{table}')")
            assert strict == 1
            kinds = {row[0] for row in database.execute(f"SELECT type FROM pragma_table_info('{table}')")}
            assert kinds <= {"TEXT", "INTEGER"}
