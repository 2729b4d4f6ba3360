"""Put a bank into the database in a few milliseconds: built once by the services, then copied back row by row.

Tables are read with COPY and written with COPY, so a test that flushed the database, or a test that wants
it empty, costs the others nothing.
"""

from __future__ import annotations

import dataclasses
import datetime as dt

from django.apps import apps
from django.db import connection, transaction
from django.db.models import Model
from psycopg import sql

from exams.blueprints import BlueprintEntry, load_blueprints
from exams.models import ExamBlueprint
from questions.bank_schema import Bank
from questions.loading import load_bank

PUBLISHED = "published_at"
# Rows of a copied bank count from here, so that a primary key on a page cannot be taken for another number.
FIRST_KEY = 731_000_000


@dataclasses.dataclass(frozen=True)
class BankCopy:
    """The rows of a loaded bank by table, as COPY gives them."""

    rows: dict[str, tuple[list[str], bytes]]
    published_at: dt.datetime

    def restore(self) -> None:
        """Write the rows into the (empty) tables of the bank."""
        with transaction.atomic(), connection.cursor() as cursor:
            for table, (columns, data) in self.rows.items():
                with cursor.copy(_copy("COPY {table} ({columns}) FROM STDIN", table, columns)) as copy:
                    copy.write(data)
            # Published at the very end: from then on the database refuses new options and prompts.
            cursor.execute("UPDATE questions_scenarioversion SET published_at = %s", [self.published_at])


def take_copy(bank: Bank, blueprints: list[BlueprintEntry], now: dt.datetime) -> BankCopy:
    """Load a bank, remember its rows, and leave the database as it was."""
    with transaction.atomic():
        _count_from_first_key()
        load_bank(bank=bank, now=now)
        load_blueprints(blueprints)
        copy = BankCopy({table: _read(table, columns) for table, columns in _tables()}, now)
        transaction.set_rollback(True)
    return copy


def _count_from_first_key() -> None:
    with connection.cursor() as cursor:
        for table, columns in _tables():
            if "id" in columns:
                restart = sql.SQL("ALTER SEQUENCE {} RESTART WITH {}")
                cursor.execute(restart.format(sql.Identifier(f"{table}_id_seq"), sql.Literal(FIRST_KEY)))


def _tables() -> list[tuple[str, list[str]]]:
    models: list[type[Model]] = [*apps.get_app_config("questions").get_models(include_auto_created=True), ExamBlueprint]
    return [
        (
            model._meta.db_table,
            [f.column for f in model._meta.local_concrete_fields if f.column and f.name != PUBLISHED],
        )
        for model in models
        if not model._meta.proxy
    ]


def _read(table: str, columns: list[str]) -> tuple[list[str], bytes]:
    with (
        connection.cursor() as cursor,
        cursor.copy(_copy("COPY {table} ({columns}) TO STDOUT", table, columns)) as copy,
    ):
        return columns, b"".join(bytes(block) for block in copy)


def _copy(statement: str, table: str, columns: list[str]) -> sql.Composed:
    return sql.SQL(statement).format(
        table=sql.Identifier(table), columns=sql.SQL(", ").join(map(sql.Identifier, columns))
    )
