"""Markets and assets by the names the wire uses, with the terms that numbers are written in.

Terms are kept and made anew when the house has another ``Market`` under the name, so a lookup costs two dictionary
accesses. Unknown names raise with codes 113 and 114.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from fondaco.core.applied import Applied
from fondaco.core.events import Row, has_client_order_id, has_options, market_id_of
from fondaco.core.house import House
from fondaco.core.instruments import Asset
from fondaco.core.units import format_units
from fondaco.desks.exchange.errors import Code, WireError, invalid
from fondaco.desks.exchange.order_record import BatchOptions, record
from fondaco.desks.exchange.params import NAME_LENGTH_MAX
from fondaco.desks.exchange.translate import Terms, kind_of, seconds
from fondaco.projections.balance_reads import BalanceChange
from fondaco.projections.businesses import BUST
from fondaco.projections.order_reads import FinishedOrder
from fondaco.wire import exchange as wire


class _Bust(msgspec.Struct):
    """What a bust's change keeps in its detail (projections/accounts.py)."""

    market_id: int
    reason: str


_BUST_DECODER: Final = msgspec.json.Decoder(_Bust)
#: Each member stays the text it is.
_DETAIL_DECODER: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Catalogue:
    def __init__(self, house: House) -> None:
        self._house = house
        self._terms: dict[int, Terms] = {}
        self.batch_options = BatchOptions()

    def market(self, name: object) -> Terms:
        """The market of a name as a request gave it."""
        if type(name) is not str:
            raise invalid(f"market is {kind_of(name)}; send a market's name as text")
        terms = self.find(name)
        if terms is None:
            shown = name[:NAME_LENGTH_MAX]
            raise WireError(Code.UNKNOWN_MARKET, f"unknown market: {shown}; market.list names those there are")
        return terms

    def find(self, name: str) -> Terms | None:
        """The terms of a market by its name, or None."""
        market_id = self._house.market_ids.get(name)
        return None if market_id is None else self.terms(market_id)

    def terms(self, market_id: int) -> Terms:
        """The terms of a market that exists."""
        market = self._house.markets[market_id]
        terms = self._terms.get(market_id)
        if terms is None or terms.market is not market:
            assets = self._house.assets
            terms = Terms(market, assets[market.stock_asset_id], assets[market.money_asset_id])
            self._terms[market_id] = terms
        return terms

    def markets(self) -> Iterator[Terms]:
        """All markets, oldest first."""
        return map(self.terms, self._house.markets)

    def asset(self, name: object) -> Asset:
        if type(name) is not str:
            raise invalid(f"asset is {kind_of(name)}; send an asset's name as text")
        asset_id = self._house.asset_ids.get(name)
        if asset_id is None:
            shown = name[:NAME_LENGTH_MAX]
            raise WireError(Code.UNKNOWN_ASSET, f"unknown asset: {shown}; asset.list names those there are")
        return self._house.assets[asset_id]

    def record(self, row: Row, options: Row | None, *, pushed: bool = False) -> wire.OrderRecord:
        """An ORDER row as the wire shows it, with its client order id while the house remembers that."""
        name = self._house.client_order_id(row[2]) if has_client_order_id(row) else None
        return record(self.terms(market_id_of(row)), row, options, client_order_id=name or "", pushed=pushed)

    def answer(self, row: Row, applied: Applied) -> wire.OrderRecord:
        """An ORDER row of a batch that is being told."""
        return self.record(row, self.batch_options.of(row, applied))

    def open_record(self, row: Row) -> wire.OrderRecord:
        """An open order as the house shows it."""
        return self.record(row, self._house.order_options(row[2]) if has_options(row) else None)

    def finished_record(self, order: FinishedOrder) -> wire.OrderRecord:
        """A finished order of the history, with the time it was finished."""
        row = order.row
        name = self._house.client_order_id(row[2]) or ""
        terms = self.terms(market_id_of(row))
        return record(terms, row, order.options, client_order_id=name, ftime_us=row[11])

    def asset_change(self, change: BalanceChange) -> wire.AssetChange:
        """One change of a balance; its detail names the deal, or is the caller's own with its business id."""
        asset = self._house.assets[change.asset_id]
        return wire.AssetChange(
            time=seconds(change.time_us),
            asset=asset.name,
            business=change.business,
            change=format_units(change.change_units, asset.scale_digits),
            balance=format_units(change.balance_units, asset.scale_digits),
            detail=self._detail(change, asset),
        )

    def _detail(self, change: BalanceChange, asset: Asset) -> msgspec.Raw:
        if change.business == BUST:
            bust = _BUST_DECODER.decode(change.detail or "{}")
            market = self.terms(bust.market_id).name
            detail: dict[str, Any] = {"market": market, "deal_id": change.business_id, "reason": bust.reason}
        elif change.deal_id is None or change.market_id is None:
            own = _DETAIL_DECODER.decode(change.detail or "{}")
            own.pop("id", None)  # the business id is what both sides find it by
            detail = {"id": change.business_id, **own}
        else:
            terms = self.terms(change.market_id)
            detail = {
                "market": terms.name,
                "order_id": change.order_id,
                "deal_id": change.deal_id,
                "price": terms.price(change.price_ticks or 0),
                "amount": terms.amount(change.size_lots or 0),
                "fee": format_units(change.fee_units or 0, asset.scale_digits),
            }
        return msgspec.Raw(wire.ENCODER.encode(detail))
