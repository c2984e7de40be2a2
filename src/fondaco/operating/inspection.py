"""A journal for reading: every command and every event as one line of JSON, from any sequence.

    {"seq": 19, "time": "2026-03-01T12:00:00.000123Z", "command": "PLACE", "user": "alice", …}
    {"seq": 19, "event": "FILL", "market": "BTCUSDT", "price": "61837.63", …}

Events are not stored: they are computed again, so the replay begins at the first command whatever ``from_seq`` is (some
millions a second). Amounts are decimals as text, exact. A running house is read up to what is durable; nothing is
changed and no lock is taken.

Known limit: the state of the house is not shown, only what changed it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import asdict

from fondaco.core.commands import BalanceUpdate, Cancel, OrderType, Place, Record, Side, TimeInForce, decode
from fondaco.core.events import (
    Applied,
    AssetCreated,
    BalanceUpdated,
    Cause,
    EventKind,
    Fact,
    Finish,
    KeyCreated,
    KeyRevoked,
    MarketCreated,
    MarketUpdated,
    Row,
    Ticked,
    UserCreated,
    UserDisabled,
    cause_of,
    is_answer,
    kind_of,
    market_id_of,
    order_type_of,
    side_of,
    time_in_force_of,
)
from fondaco.core.house import House
from fondaco.core.instruments import Market
from fondaco.core.rejects import Reject
from fondaco.core.units import format_rate_ppm, format_units
from fondaco.journal.base import Batch
from fondaco.journal.errors import NotInJournal
from fondaco.journal.file_system import DISK
from fondaco.journal.lock import owner
from fondaco.journal.reader import JournalReader
from fondaco.journal.survey import survey

_ENCODER = msgspec.json.Encoder()

Line = dict[str, Any]


def inspect(directory: Path, from_seq: int = 1, count: int | None = None) -> Iterator[bytes]:
    """The lines of ``count`` commands from sequence ``from_seq`` on, all of them by default.

    Raises ``NotInJournal`` if there is no such sequence, ``JournalDamaged`` where the bytes do not add up.
    """
    with _reader(directory) as reader:
        last_seq = reader.durable_seq
        if not 1 <= from_seq <= max(last_seq, 1):
            raise NotInJournal(f"{directory} holds the sequences 1 to {last_seq}; --from is {from_seq}")
        end_seq = last_seq if count is None else min(last_seq, from_seq + count - 1)
        house = House()
        while reader.next_seq <= end_seq:
            for batch in reader.read(limit=1):
                applied = house.apply(batch.records, batch.time_us)
                if batch.last_seq >= from_seq:
                    for line in _batch_lines(house, batch, applied):
                        if from_seq <= line["seq"] <= end_seq:
                            yield _ENCODER.encode(line)


def _reader(directory: Path) -> JournalReader:
    """A reader of all there is: up to the durable mark of a running house, to the last sound batch of any other."""
    if owner(directory) is not None:
        return JournalReader(directory)
    surveyed = survey(directory, DISK)
    if surveyed is None:
        raise NotInJournal(f"{directory} holds no journal; is it the right directory?")
    return JournalReader(directory, up_to_seq=surveyed.last_seq)


def _batch_lines(house: House, batch: Batch, applied: Applied) -> Iterator[Line]:
    """The commands of a batch, each followed by its events."""
    time = datetime.fromtimestamp(batch.time_us / 1_000_000, UTC).isoformat(timespec="microseconds")
    rows = iter(applied)
    offset = 0
    for seq in range(batch.first_seq, batch.last_seq + 1):
        record = decode(batch.records, offset)
        offset += record.size_bytes
        yield {"seq": seq, "time": time.replace("+00:00", "Z"), **_command(house, record)}
        for row in rows:
            yield {"seq": seq, **_event(house, applied, row)}
            if is_answer(row):
                break


def _command(house: House, record: Record) -> Line:
    sender, command = record.sender, record.command
    line: Line = {"command": record.kind.name}
    if sender.user_id:
        line["user"] = _user(house, sender.user_id)
    if sender.key_id or sender.session_id:
        line |= {"key_id": sender.key_id, "session_id": sender.session_id}
    market = house.markets.get(command.market_id) if isinstance(command, Place | Cancel) else None
    if isinstance(command, Place):
        line["market"] = market.name if market else command.market_id
        line |= _terms(command.side, command.order_type, command.time_in_force)
        line |= _price_and_amount(house, market, command)
        if command.client_order_id:
            line["client_order_id"] = command.client_order_id
    elif isinstance(command, Cancel):
        line["market"] = market.name if market else command.market_id
        line |= {"order_id": command.order_id} if command.order_id else {"client_order_id": command.client_order_id}
    else:
        fields = msgspec.to_builtins(command)
        if isinstance(command, BalanceUpdate):
            asset_id = house.asset_ids.get(command.asset)
            if asset_id is not None:
                fields["change"] = _units(house, asset_id, fields.pop("change_units"))
        line |= {key: value for key, value in fields.items() if value is not None}
        if "user_id" in fields:
            line["of_user"] = _user(house, line.pop("user_id"))
    return line


def _price_and_amount(house: House, market: Market | None, command: Place) -> Line:
    if market is None:
        return {"price_ticks": command.price_ticks, "amount": command.amount}
    line = {"price": _price(market, command.price_ticks)} if command.price_ticks else {}
    return line | {"amount": _order_amount(house, market, command.side, command.order_type, command.amount)}


def _event(house: House, applied: Applied, row: Row) -> Line:
    kind = EventKind(kind_of(row))
    line: Line = {"event": kind.name}
    match kind:
        case EventKind.ORDER | EventKind.ORDER_REPEATED:
            return line | _order(house, row)
        case EventKind.FILL:
            return line | _fill(house, row)
        case EventKind.REJECT:
            line |= {"reject": Reject(row[2]).name, "bound": row[4], "value": row[5]}
        case EventKind.FACT:
            fact = applied.facts[row[2]]
            line |= {"event": type(fact).__name__, **_fact(house, fact)}
    return line


def _fact(house: House, fact: Fact) -> Line:
    """A fact's fields, with names for ids and decimals for units."""
    match fact:
        case BalanceUpdated():
            return {
                "of_user": _user(house, fact.user_id),
                "asset": house.assets[fact.asset_id].name,
                "business": fact.business,
                "business_id": fact.business_id,
                "change": _units(house, fact.asset_id, fact.change_units),
                "balance": _units(house, fact.asset_id, fact.balance_units),
                "detail": fact.detail,
                "repeated": fact.repeated,
            }
        case MarketCreated(market) | MarketUpdated(market):
            fields = asdict(market)
            for role in ("stock", "money"):
                fields[role] = house.assets[fields.pop(f"{role}_asset_id")].name
            for role in ("maker", "taker"):
                fields[f"{role}_fee"] = format_rate_ppm(fields.pop(f"{role}_fee_ppm"))
            fields["amount_min"] = format_units(fields.pop("amount_lots_min"), market.amount_digits)
            fields["money_min"] = _units(house, market.money_asset_id, fields.pop("money_units_min"))
            return {"market": fields}
        case KeyCreated(key) | KeyRevoked(key):
            fields = asdict(key)
            fields["of_user"] = _user(house, fields.pop("user_id"))
            return {"key": fields}
        case AssetCreated(asset):
            return {"asset": asdict(asset)}
        case UserCreated(user) | UserDisabled(user):
            return {"user": asdict(user)}
        case Ticked():
            return {}


def _order(house: House, row: Row) -> Line:
    market = house.markets[market_id_of(row)]
    side, order_type = Side(side_of(row)), OrderType(order_type_of(row))
    line: Line = {"order_id": row[2], "of_user": _user(house, row[3])}
    line |= {"cause": Cause(cause_of(row)).name} if cause_of(row) else {}
    line |= {"market": market.name} | _terms(side, order_type, TimeInForce(time_in_force_of(row)))
    line |= {"price": _price(market, row[4])} if row[4] else {}
    received = market.stock_asset_id if side == Side.BID else market.money_asset_id
    return line | {
        "amount": _order_amount(house, market, side, order_type, row[5]),
        "left": _order_amount(house, market, side, order_type, row[6]),
        "deal_stock": format_units(row[7], market.amount_digits),
        "deal_money": _units(house, market.money_asset_id, row[8]),
        "deal_fee": _units(house, received, row[9]),
        "taker_fee": format_rate_ppm(events.taker_fee_ppm_of(row)),
        "maker_fee": format_rate_ppm(events.maker_fee_ppm_of(row)),
        "finish": Finish(row[14]).name,
    }


def _fill(house: House, row: Row) -> Line:
    market = house.markets[market_id_of(row)]
    taker_side = Side(side_of(row))
    taker_received, maker_received = market.stock_asset_id, market.money_asset_id
    if taker_side == Side.ASK:
        taker_received, maker_received = maker_received, taker_received
    return {
        "deal_id": row[2],
        "market": market.name,
        "taker_side": taker_side.name,
        "price": _price(market, row[3]),
        "amount": format_units(row[4], market.amount_digits),
        "money": _units(house, market.money_asset_id, row[5]),
        "taker": _user(house, row[8] & 0xFFFFFFFF),
        "taker_order_id": row[6],
        "taker_fee": _units(house, taker_received, row[9]),
        "maker": _user(house, row[8] >> 32),
        "maker_order_id": row[7],
        "maker_fee": _units(house, maker_received, row[10]),
    }


def _terms(side: Side, order_type: OrderType, time_in_force: TimeInForce) -> Line:
    return {"side": side.name, "type": order_type.name, "time_in_force": time_in_force.name}


def _user(house: House, user_id: int) -> str | int:
    user = house.users.get(user_id)
    return user.name if user else user_id


def _price(market: Market, price_ticks: int) -> str:
    return format_units(price_ticks, market.price_digits)


def _units(house: House, asset_id: int, units: int) -> str:
    return format_units(units, house.assets[asset_id].scale_digits)


def _order_amount(house: House, market: Market, side: Side, order_type: OrderType, amount: int) -> str:
    """Lots of stock, or money for a market bid."""
    if side == Side.BID and order_type == OrderType.MARKET:
        return _units(house, market.money_asset_id, amount)
    return format_units(amount, market.amount_digits)
