"""The SQL side of history: its tables, its engine and its checkpoint.

Everything here can be computed again from the journal, so the database is a cache with one promise: the rows and the
checkpoint that says which command they reach are written in the same transaction. Whatever is off (another schema
version, another chain, a damaged or missing file) is answered by building it anew; there are no migrations.

Nothing is synced to disk while the house works, because a sync of history delays the journal's own. A killed process
loses nothing by that; a machine that lost power might leave half-written pages that look sound. So the file says,
durably, in which boot of the machine it is being written (``claim``), and ``release`` syncs everything before it takes
that back: a file claimed in an earlier boot is not believed.

Tables keep the core's integers, and what there is most of is kept packed: FILL rows and the last ORDER rows as the
house stated them, in blocks (blocks.py), and beside them runs, which say where a user's lie. One SQL row for each fill
and each order would cost five times the processor. The rows' layout is therefore a part of this schema: where it
changes, ``SCHEMA_VERSION`` goes up. Where a row is found by one key only it lives inside that key's tree (``WITHOUT
ROWID`` in SQLite). The sums of a candle can pass 64 bits, so each is kept in two words, ``high × 2**32 + low``, low
below 2**32.

Cost: an insert of a batch is one ``executemany`` of plain tuples in table column order. Known limits: only SQLite is
opened today. Statements are built by SQLAlchemy for the engine's dialect, and only ``open_engine`` and ``discard`` know
that there is a file. Packed integers are in the machine's own order of bytes.
"""

from __future__ import annotations

import os
import sqlite3
import uuid
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    case,
    cast,
    create_engine,
    event,
    insert,
    literal_column,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

from fondaco.journal.errors import OperatingError
from fondaco.journal.file_system import FILE_MODE
from fondaco.projections.progress import tighten

SCHEMA_VERSION: Final = 4
FILE_NAME: Final = "projections.sqlite"
SUM_LOW_BITS: Final = 32
SUM_LOW_MASK: Final = (1 << SUM_LOW_BITS) - 1

#: The write-ahead log is folded into the main file every 32 MB.
WAL_PAGES: Final = 8_000
CACHE_KIB: Final = 65_536

#: Finish numbers in one row of ``finish_numbers``.
FINISH_PAGE: Final = 256

metadata = MetaData()


def number(name: str, **options: Any) -> Column[int]:
    return Column(name, BigInteger().with_variant(Integer(), "sqlite"), nullable=False, autoincrement=False, **options)


def key(name: str) -> Column[int]:
    return number(name, primary_key=True)


def optional_number(name: str) -> Column[int]:
    return Column(name, BigInteger().with_variant(Integer(), "sqlite"))


def packed(name: str) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=False)


checkpoint = Table(
    "checkpoint",
    metadata,
    key("id"),
    number("schema_version"),
    number("seq"),
    Column("chain", LargeBinary, nullable=False),
    number("time_us"),
    number("finished_orders"),
)
"""One row, id 1: up to which command (and with which chained checksum) all is written, and how many orders ended."""

claims = Table("claims", metadata, key("id"), Column("boot_id", Text, nullable=False))
"""One row, id 1: the boot in which the file is being written, empty when all of it is known to be on disk."""

markets = Table(
    "markets",
    metadata,
    key("market_id"),
    number("stock_asset_id"),
    number("money_asset_id"),
    number("stock_units_per_lot"),
)
"""What of a market's terms a balance change is computed with. They never change."""

deal_blocks = Table(
    "deal_blocks",
    metadata,
    key("market_id"),
    key("block"),
    packed("rows"),
    sqlite_with_rowid=False,
)
"""Every fill of a market as its FILL row, numbered by its deal id."""

trade_runs = Table(
    "trade_runs",
    metadata,
    key("user_id"),
    key("market_id"),
    key("first_us"),
    key("first_deal_id"),
    packed("entries"),
    sqlite_with_rowid=False,
)
"""Which fills a user was part of: (time_us, seq, deal_id) of each, ascending; twice where he traded with himself."""

market_marks = Table(
    "market_marks",
    metadata,
    key("market_id"),
    number("first_deal_us"),
    number("last_deal_us"),
    number("last_deal_id"),
    number("last_price_ticks"),
)
"""One row for each market that has traded: its first moment and its latest price."""

candles = Table(
    "candles",
    metadata,
    key("market_id"),
    key("base_s"),
    key("time_s"),
    number("open_ticks"),
    number("close_ticks"),
    number("high_ticks"),
    number("low_ticks"),
    number("volume_high"),
    number("volume_low"),
    number("money_high"),
    number("money_low"),
    sqlite_with_rowid=False,
)
"""Candles of a second, a minute and an hour that saw a trade. ``open_ticks`` is the last price before its first."""

finished_blocks = Table("finished_blocks", metadata, key("block"), packed("rows"))
"""The last ORDER row of every order that ended, filled or not, numbered as they ended."""

finished_options = Table("finished_options", metadata, key("order_id"), packed("row"))
"""The last OPTIONS row of every order that ended and had one."""

finish_numbers = Table("finish_numbers", metadata, key("page"), packed("numbers"))
"""As which an order ended, by its id: ``FINISH_PAGE`` numbers in a row, 0 for one that has not."""

order_runs = Table(
    "order_runs",
    metadata,
    key("user_id"),
    key("market_id"),
    key("hour_s"),
    key("last_order_id"),
    packed("entries"),
    sqlite_with_rowid=False,
)
"""A user's finished orders that were created in an hour: (order_id, ctime_us, finish number) of each, ascending."""

order_counts = Table(
    "order_counts",
    metadata,
    key("user_id"),
    key("market_id"),
    key("hour_s"),
    number("entries"),
    sqlite_with_rowid=False,
)
"""How many finished orders of a user were created in an hour: totals need not count rows."""

balance_updates = Table(
    "balance_updates",
    metadata,
    key("user_id"),
    key("asset_id"),
    Column("business", Text, primary_key=True),
    key("time_us"),
    key("seq"),
    number("change_units"),
    number("balance_units"),
    key("business_id"),
    Column("detail", Text, nullable=False),
    sqlite_with_rowid=False,
)
"""Every change of a user's balance but those by trades, which their deals tell."""


class Checkpoint(msgspec.Struct, frozen=True):
    """How far the rows reach: the last command's sequence and chain, its time, and how many orders have ended."""

    seq: int
    chain: bytes
    time_us: int
    finished_orders: int


NOTHING: Final = Checkpoint(seq=0, chain=b"", time_us=0, finished_orders=0)


def open_engine(path: Path, *, write: bool) -> Engine:
    """An engine on the file. Only a writer creates it; a reader's connections refuse every change.

    A transaction is a snapshot from its first statement on, for readers as well.
    """
    if write:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
        tighten(file)  # SQLite gives its other files the mode of the first
        os.close(file)
    address = f"{path.absolute().as_uri()}?mode={'rwc' if write else 'rw'}"
    engine = create_engine(
        "sqlite:///projections.sqlite",  # any name but memory's; ``address`` is what is opened
        creator=lambda: sqlite3.connect(address, uri=True, check_same_thread=False),
    )

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions on its own
        pragmas = ("journal_mode=WAL", "synchronous=OFF") if write else ("query_only=ON",)
        for pragma in (*pragmas, "busy_timeout=5000", f"cache_size=-{CACHE_KIB}", f"wal_autocheckpoint={WAL_PAGES}"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine


def discard(path: Path) -> None:
    """Remove the database, so that it is built anew. Readers notice that the file is another one."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def create_tables(engine: Engine) -> None:
    metadata.create_all(engine)


def read_checkpoint(connection: Connection) -> Checkpoint | None:
    """The checkpoint, ``NOTHING`` in an empty database, or ``None`` if another version of fondaco wrote it."""
    row = connection.execute(select(checkpoint).where(checkpoint.c.id == 1)).one_or_none()
    if row is None:
        return NOTHING
    if row.schema_version != SCHEMA_VERSION:
        return None
    return Checkpoint(row.seq, bytes(row.chain), row.time_us, row.finished_orders)


def claim(engine: Engine) -> bool:
    """Say durably that the file is being written in this boot; False if it was in an earlier one and never released."""
    here = _boot_id()
    with engine.begin() as connection:
        found = connection.execute(select(claims.c.boot_id)).scalar_one_or_none()
        if found == here:
            return True
        if found:
            return False
    _set_claim(engine, here)
    return True


def release(engine: Engine) -> None:
    """Bring everything to disk, then take the claim back. Nothing may be written after it."""
    _sync(engine)
    _set_claim(engine, "")


def _set_claim(engine: Engine, boot_id: str) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(upsert_text(engine, claims, latest=("boot_id",)), (1, boot_id))
    _sync(engine)


def _sync(engine: Engine) -> None:
    """Everything committed is on disk after this. Raises ``OperatingError`` if readers do not let go of old rows."""
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute("PRAGMA synchronous=FULL")
        is_busy, *_ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        cursor.execute("PRAGMA synchronous=OFF")
        cursor.close()
    finally:
        connection.close()
    if is_busy:
        raise OperatingError("the database of history is being read without a pause; end who reads it, then try again")


def _boot_id() -> str:
    """What tells this boot of the machine from every other; where nothing does, no boot is like another."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return uuid.uuid4().hex


def insert_text(engine: Engine, table: Table) -> str:
    """An INSERT for ``exec_driver_sql`` with tuples, in the table's column order."""
    return str(insert(table).compile(engine, column_keys=[column.name for column in table.columns]))


def upsert_text(
    engine: Engine,
    table: Table,
    *,
    latest: tuple[str, ...] = (),
    highest: tuple[str, ...] = (),
    lowest: tuple[str, ...] = (),
    added: tuple[str, ...] = (),
    added_in_two_words: tuple[str, ...] = (),
    appended: tuple[str, ...] = (),
) -> str:
    """An INSERT that merges into the row of the same primary key; columns not named keep their first value.

    ``added_in_two_words`` names sums without their ``_high`` and ``_low``.
    """
    statement = postgresql.insert(table) if engine.dialect.name == "postgresql" else sqlite.insert(table)
    old, new = table.c, statement.excluded
    merged: dict[str, Any] = {name: new[name] for name in latest}
    merged |= {name: case((new[name] > old[name], new[name]), else_=old[name]) for name in highest}
    merged |= {name: case((new[name] < old[name], new[name]), else_=old[name]) for name in lowest}
    merged |= {name: old[name] + new[name] for name in added}
    for name in added_in_two_words:
        high, low = f"{name}_high", f"{name}_low"
        low_sum = old[low] + new[low]
        merged[high] = old[high] + new[high] + low_sum.bitwise_rshift(literal_column(str(SUM_LOW_BITS)))
        merged[low] = low_sum.bitwise_and(literal_column(str(SUM_LOW_MASK)))
    for name in appended:  # SQLite's || makes a text of two blobs, with the same bytes
        merged[name] = cast(old[name].op("||")(new[name]), LargeBinary)
    statement = statement.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=merged)
    return str(statement.compile(engine, column_keys=[column.name for column in table.columns]))
