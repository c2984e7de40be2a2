"""The peer: the same settlement as a competent team would write it in a day, with the usual parts.

Litestar on uvicorn, SQLAlchemy's ORM, SQLite in WAL with ``synchronous=FULL``: a settlement is one transaction a
request, durable before it is answered. It looks the purchase up, sums its awards, makes invoice and entries, marks the
purchase and remembers the idempotency key. Requests are carried out in a few threads, since SQLite writes one at a time
(``BEGIN IMMEDIATE``); its pages stay in memory. Not in it: logins, roles, rates, projections, metrics, webhooks.

    python -m bench.rewards.peer DATABASE PORT PURCHASES
"""

from __future__ import annotations

import sys
import threading
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Annotated, Any

import msgspec
import uvicorn
from litestar import Litestar, get, post
from litestar.exceptions import HTTPException
from litestar.params import HeaderParameter
from sqlalchemy import ForeignKey, create_engine, event, insert, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, sessionmaker

CENT = Decimal("0.01")
CREDIT = timedelta(days=4)
THREADS = 8
SEEDED_AT_ONCE = 10_000


class Base(DeclarativeBase):
    pass


class Merchant(Base):
    __tablename__ = "merchants"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    contribution_percentage: Mapped[int]
    balance_cents: Mapped[int] = mapped_column(default=0)


class Purchase(Base):
    __tablename__ = "purchases"
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchants.id"))
    state: Mapped[str]
    total_cents: Mapped[int]
    is_settled: Mapped[bool] = mapped_column(default=False)
    merchant: Mapped[Merchant] = relationship()
    awards: Mapped[list[Award]] = relationship()


class Award(Base):
    __tablename__ = "awards"
    id: Mapped[int] = mapped_column(primary_key=True)
    purchase_id: Mapped[int] = mapped_column(ForeignKey("purchases.id"), index=True)
    amount_cents: Mapped[int]
    contribution_percentage: Mapped[int]


class Invoice(Base):
    __tablename__ = "invoices"
    id: Mapped[int] = mapped_column(primary_key=True)
    purchase_id: Mapped[int] = mapped_column(ForeignKey("purchases.id"), unique=True)
    merchant_id: Mapped[int] = mapped_column(ForeignKey("merchants.id"), index=True)
    issued_on: Mapped[datetime]
    due_on: Mapped[datetime]
    total_cents: Mapped[int]
    unsettled_cents: Mapped[int]


class Entry(Base):
    __tablename__ = "entries"
    id: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id"))
    debit: Mapped[str]
    credit: Mapped[str]
    amount_cents: Mapped[int]


class Request(Base):
    __tablename__ = "requests"
    key: Mapped[str] = mapped_column(primary_key=True)
    purchase: Mapped[str]
    answer: Mapped[bytes]


class EventIdentifier(msgspec.Struct, forbid_unknown_fields=True):
    number: str


class Settle(msgspec.Struct, forbid_unknown_fields=True):
    token: str
    customer_event_identifier: EventIdentifier


def application(database: Path) -> Litestar:
    engine = create_engine(f"sqlite:///{database}", pool_size=THREADS)

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _: object) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000", "cache_size=-65536"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    sessions = sessionmaker(engine)
    writing = threading.Lock()  # waiting here is cheaper than in SQLite, which asks again and again

    @post("/rewards/customer_events/purchases/apply_settlement", status_code=200, sync_to_thread=True)
    def settle(
        data: Settle, idempotency_key: Annotated[str, HeaderParameter(name="Idempotency-Key")]
    ) -> dict[str, Any]:
        number = data.customer_event_identifier.number
        with writing, sessions.begin() as session:
            known = session.get(Request, idempotency_key)
            if known is not None:
                if known.purchase != number:
                    raise HTTPException(status_code=409, detail="CONFLICT")
                answer: dict[str, Any] = msgspec.json.decode(known.answer)
                return answer
            answer = _settled(session, number)
            session.add(Request(key=idempotency_key, purchase=number, answer=msgspec.json.encode(answer)))
        return answer

    @get("/readyz", sync_to_thread=False)
    def readyz() -> str:
        return "ready"

    return Litestar([settle, readyz], openapi_config=None, logging_config=None)


def _settled(session: Session, number: str) -> dict[str, Any]:
    purchase = session.scalars(select(Purchase).where(Purchase.number == number)).one_or_none()
    if purchase is None:
        raise HTTPException(status_code=404, detail="NOT_FOUND")
    if purchase.is_settled or purchase.state != "POSTED":
        raise HTTPException(status_code=409, detail="ALREADY_SETTLED")
    contribution = sum(
        (Decimal(award.amount_cents * award.contribution_percentage) / 10_000).quantize(CENT, ROUND_HALF_UP)
        for award in purchase.awards
    )
    cents = int(contribution * 100)
    now = datetime.now(UTC)
    invoice = Invoice(
        purchase_id=purchase.id,
        merchant_id=purchase.merchant_id,
        issued_on=now,
        due_on=now + CREDIT,
        total_cents=cents,
        unsettled_cents=cents,
    )
    session.add(invoice)
    session.flush()
    session.add(
        Entry(invoice_id=invoice.id, debit="merchant_receivable", credit="contribution_income", amount_cents=cents)
    )
    purchase.is_settled = True
    purchase.merchant.balance_cents -= cents
    return {
        "data": {
            "total_awarded_amount": sum(award.amount_cents for award in purchase.awards) / 100,
            "total_contribution_amount": float(contribution),
            "invoice": {
                "number": f"I{invoice.id:08}",
                "issued_on": now.isoformat(),
                "due_on": invoice.due_on.isoformat(),
                "total_amount": float(contribution),
                "unsettled_amount": float(contribution),
            },
            "award_transactions_set": [
                {
                    "number": str(award.id),
                    "amount": award.amount_cents / 100,
                    "contribution_percentage": award.contribution_percentage,
                }
                for award in purchase.awards
            ],
        },
        "status": {"code": "OK", "description": "", "message": ""},
    }


def seed(database: Path, purchases: int) -> None:
    """One merchant who bears 75 %, and purchases of 150.00 that are awarded 15.00 each."""
    engine = create_engine(f"sqlite:///{database}")
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(
            insert(Merchant), [{"id": 1, "name": "M", "contribution_percentage": 75, "balance_cents": 0}]
        )
        for first in range(1, purchases + 1, SEEDED_AT_ONCE):
            numbers = range(first, min(first + SEEDED_AT_ONCE, purchases + 1))
            connection.execute(
                insert(Purchase),
                [
                    {
                        "id": number,
                        "number": str(number),
                        "merchant_id": 1,
                        "state": "POSTED",
                        "total_cents": 15_000,
                        "is_settled": False,
                    }
                    for number in numbers
                ],
            )
            connection.execute(
                insert(Award),
                [
                    {"id": number, "purchase_id": number, "amount_cents": 1_500, "contribution_percentage": 75}
                    for number in numbers
                ],
            )
    engine.dispose()


def main(arguments: list[str]) -> None:
    database, port, purchases = Path(arguments[0]), int(arguments[1]), int(arguments[2])
    seed(database, purchases)
    uvicorn.run(application(database), host="127.0.0.1", port=port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main(sys.argv[1:])
