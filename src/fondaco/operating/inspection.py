"""A journal for reading: every command and every event as one line of JSON, from any sequence.

    {"seq": 19, "time": "2026-03-01T12:00:00.000123Z", "command": "PLACE", "user": "alice", …}
    {"seq": 19, "event": "FILL", "market": "BTCUSDT", "price": "61837.63", …}

Events are not stored: they are computed again, so the replay begins at the first command whatever ``from_seq`` is (some
millions a second). Amounts are decimals as text, exact. A running house is read up to what is durable; nothing is
changed and no lock is taken.

An order with options has them in a line of its own before it, event OPTIONS. What fell due with time stands under the
sequence of the command that found it due, before that command's own events.

Known limit: the state of the house is not shown, only what changed it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec.structs import asdict

from fondaco.core.applied import Applied
from fondaco.core.command_records import Record, decode
from fondaco.core.commands import Amend, Cancel, OrderType, Place, Rewards, SelfTrade, Side, TimeInForce, Trigger
from fondaco.core.events import (
    AssetCreated,
    Cause,
    EventKind,
    Fact,
    Finish,
    KeyCreated,
    KeyRevoked,
    MarketCreated,
    MarketPhaseSet,
    MarketUpdated,
    Row,
    UserCreated,
    UserDisabled,
    UserEnabled,
    UserFeesSet,
    WithdrawalChanged,
    cause_of,
    is_by_money,
    is_post_only,
    is_waiting,
    kind_of,
    maker_fee_ppm_of,
    market_id_of,
    order_type_of,
    self_trade_of,
    side_of,
    taker_fee_ppm_of,
    time_in_force_of,
)
from fondaco.core.house import House
from fondaco.core.instruments import Market
from fondaco.core.rejects import Reject
from fondaco.core.rewards.facts import RewardsApplied
from fondaco.core.units import format_rate_ppm
from fondaco.journal.base import Batch
from fondaco.journal.errors import NotInJournal
from fondaco.journal.file_system import DISK
from fondaco.journal.lock import owner
from fondaco.journal.reader import JournalReader
from fondaco.journal.survey import survey
from fondaco.operating import shown_fields as shown
from fondaco.operating import shown_rewards
from fondaco.operating.shown_fields import Line

_ENCODER = msgspec.json.Encoder()


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
    time = shown.time(batch.time_us)
    rows = list(applied)
    offset = at = 0
    for seq in range(batch.first_seq, batch.last_seq + 1):
        record = decode(batch.records, offset)
        offset += record.size_bytes
        yield {"seq": seq, "time": time, **_command(house, record)}
        while at < len(rows) and rows[at][1] == seq:
            yield {"seq": seq, **_event(house, applied, rows[at])}
            at += 1


def _command(house: House, record: Record) -> Line:
    sender, command = record.sender, record.command
    line: Line = {"command": record.kind.name}
    if sender.user_id:
        line["user"] = shown.user(house, sender.user_id)
    if sender.key_id or sender.session_id:
        line |= {"key_id": sender.key_id, "session_id": sender.session_id}
    if isinstance(command, Place):
        market = house.markets.get(command.market_id)
        line["market"] = market.name if market else command.market_id
        line |= _terms(command.side, command.order_type, command.time_in_force)
        line |= _price_and_amount(house, market, command)
        line |= _options(house, market, command)
    elif isinstance(command, Cancel | Amend):
        given = {name: value for name, value in asdict(command).items() if value}
        line |= shown.fields(house, given)
    elif isinstance(command, Rewards):
        line |= shown_rewards.command(house, command)
    else:
        # A change of a balance is of its asset; what a market is to be made of has no market yet.
        given = msgspec.to_builtins(command)
        line |= shown.fields(house, given)
    return line


def _price_and_amount(house: House, market: Market | None, command: Place) -> Line:
    if market is None:
        return {"price_ticks": command.price_ticks, "amount": command.amount}
    line = {"price": shown.price(market, command.price_ticks)} if command.price_ticks else {}
    is_money = command.order_type == OrderType.MARKET and (command.side == Side.BID) != command.in_other_unit
    return line | {"amount": shown.amount(house, market, command.amount, by_money=is_money)}


def _options(house: House, market: Market | None, command: Place) -> Line:
    """The options that are set."""
    line: Line = {}
    if command.client_order_id:
        line["client_order_id"] = command.client_order_id
    if command.self_trade:
        line["self_trade"] = command.self_trade.name
    if command.post_only:
        line["post_only"] = True
    if command.trigger:
        line["trigger"] = command.trigger.name
    names = ("display_lots", "trigger_price_ticks", "trail_ticks", "expire_us")
    given = {name: value for name, value in zip(names, command.options, strict=True) if value}
    shown_options = shown.fields(house, {"market_id": command.market_id, **given} if given else {})
    shown_options.pop("market", None)
    return line | shown_options


def _event(house: House, applied: Applied, row: Row) -> Line:
    kind = EventKind(kind_of(row))
    line: Line = {"event": kind.name}
    match kind:
        case EventKind.ORDER | EventKind.ORDER_REPEATED:
            return line | _order(house, row)
        case EventKind.OPTIONS:
            return line | _order_options(house, row)
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
        case MarketCreated(market) | MarketUpdated(market) | MarketPhaseSet(market):
            line = shown.fields(house, {"market_id": market.market_id, **asdict(fact)})
            line["market"] = _market(house, market)
            return line
        case KeyCreated(key) | KeyRevoked(key):
            return {"key": shown.fields(house, asdict(key))}
        case UserFeesSet(fees):
            return {"fees": shown.fields(house, asdict(fees))}
        case WithdrawalChanged(withdrawal):
            rest = {"asset_id": withdrawal.asset_id, "balance_units": fact.balance_units, "repeated": fact.repeated}
            line = shown.fields(house, asdict(withdrawal)) | shown.fields(house, rest)
            return line | {"state": withdrawal.state.name}
        case RewardsApplied():
            return shown_rewards.fact(house, fact)
        case AssetCreated(asset):
            return {"asset": asdict(asset)}
        case UserCreated(user) | UserDisabled(user) | UserEnabled(user):
            return {"user": asdict(user)}
    return shown.fields(house, asdict(fact))


def _market(house: House, market: Market) -> Line:
    """A market's terms."""
    fields = asdict(market)
    for role in ("stock", "money"):
        fields[role] = house.assets[fields.pop(f"{role}_asset_id")].name
    for name in ("maker_fee", "taker_fee", "price_band"):
        fields[name] = format_rate_ppm(fields.pop(f"{name}_ppm"))
    fields["amount_min"] = shown.lots(market, fields.pop("amount_lots_min"))
    fields["money_min"] = shown.units(house, market.money_asset_id, fields.pop("money_units_min"))
    fields["reference_price"] = shown.price(market, fields.pop("reference_price_ticks"))
    fields["phase"] = market.phase.name
    return fields


def _order(house: House, row: Row) -> Line:
    market = house.markets[market_id_of(row)]
    side, order_type = Side(side_of(row)), OrderType(order_type_of(row))
    line: Line = {"order_id": row[2], "of_user": shown.user(house, row[3])}
    line |= {"cause": Cause(cause_of(row)).name} if cause_of(row) else {}
    line |= {"market": market.name} | _terms(side, order_type, TimeInForce(time_in_force_of(row)))
    line |= {"self_trade": SelfTrade(self_trade_of(row)).name} if self_trade_of(row) else {}
    line |= {"post_only": True} if is_post_only(row) else {}
    line |= {"waiting": True} if is_waiting(row) else {}
    line |= {"price": shown.price(market, row[4])} if row[4] else {}
    received = market.stock_asset_id if side == Side.BID else market.money_asset_id
    by_money = is_by_money(row)
    return line | {
        "amount": shown.amount(house, market, row[5], by_money=by_money),
        "left": shown.amount(house, market, row[6], by_money=by_money),
        "visible": shown.lots(market, row[13]),
        "deal_stock": shown.lots(market, row[7]),
        "deal_money": shown.units(house, market.money_asset_id, row[8]),
        "deal_fee": shown.units(house, received, row[9]),
        "taker_fee": format_rate_ppm(taker_fee_ppm_of(row)),
        "maker_fee": format_rate_ppm(maker_fee_ppm_of(row)),
        "finish": Finish(row[14]).name,
    }


def _order_options(house: House, row: Row) -> Line:
    given = {
        "market_id": market_id_of(row),
        "order_id": row[2],
        "user_id": row[3],
        "trigger": Trigger(row[4]).name if row[4] else None,
        "trigger_price_ticks": row[5] or None,
        "trail_ticks": row[6] or None,
        "display_lots": row[7] or None,
        "expire_us": row[8] or None,
    }
    return shown.fields(house, given)


def _fill(house: House, row: Row) -> Line:
    given = {
        "deal_id": row[2],
        "market_id": market_id_of(row),
        "taker_side": Side(side_of(row)),
        "price_ticks": row[3],
        "amount_lots": row[4],
        "money_units": row[5],
        "taker_user_id": row[8] & 0xFFFF_FFFF,
        "taker_order_id": row[6],
        "taker_fee_units": row[9],
        "maker_user_id": row[8] >> 32,
        "maker_order_id": row[7],
        "maker_fee_units": row[10],
    }
    return shown.fields(house, given) | {"taker_side": Side(side_of(row)).name}


def _terms(side: Side, order_type: OrderType, time_in_force: TimeInForce) -> Line:
    return {"side": side.name, "type": order_type.name, "time_in_force": time_in_force.name}
