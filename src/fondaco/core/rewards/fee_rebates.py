"""A trading fee is a purchase: the exchange's commissions of referred users become purchases of a partner's programme.

What a referred user paid (less what busted trades gave back, and less rebates received as a maker) is gathered by user
and asset. When a day (UTC) ends, each sum above zero becomes one purchase, which is awarded by the programme's schemes
into the user's cash and settled with the partner at once; a sum of zero or less is carried on, and so is what cannot be
posted for now (no currency on that asset, no effective unit). Unit is the first effective one of the programme.

Cost: a look at each FILL row while anybody is referred; nothing otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fondaco.core.events import ROW, EventKind, TradeBusted
from fondaco.core.instruments import Market

DAY_US: Final = 86_400_000_000
_ROW_BYTES: Final = ROW.size
_FILL: Final = bytes([EventKind.FILL])
_BID: Final = 2


class Fees:
    """What referred users have paid, in the assets it was paid in."""

    def __init__(self) -> None:
        self.referred: dict[int, tuple[int, int]] = {}
        """By user: (programme, participant)."""
        self.units: dict[tuple[int, int], int] = {}
        """(user, asset) → since the last day ended, and what was carried over."""
        self.ended: list[tuple[int, int, int, int]] = []
        """(end of the day, user, asset, units) of days that are over: to be posted, from the end of the list."""
        self.next_us = 0
        """When something is to be done; 0 for never."""

    def gather(self, rows: bytes, markets: Mapping[int, Market], time_us: int) -> None:
        """Take the fees of referred users out of a batch's rows."""
        kinds = rows[0::_ROW_BYTES]
        place = kinds.find(_FILL)
        while place >= 0:
            row = ROW.unpack_from(rows, place * _ROW_BYTES)
            side, market = row[0] >> 16 & 0xFF, markets[row[0] >> 32 & 0xFFFF]
            self._paid(row[8] & 0xFFFF_FFFF, row[8] >> 32, side, market, row[9], row[10])
            place = kinds.find(_FILL, place + 1)
        self._set_deadline(time_us)

    def busted(self, bust: TradeBusted, markets: Mapping[int, Market], time_us: int) -> None:
        """A deal was taken back, and so were its fees."""
        if not bust.repeated:
            market = markets[bust.market_id]
            taker_fee, maker_fee = -bust.taker_fee_units, -bust.maker_fee_units
            self._paid(bust.taker_user_id, bust.maker_user_id, bust.taker_side, market, taker_fee, maker_fee)
            self._set_deadline(time_us)

    def end_day(self, time_us: int) -> None:
        """If a day has ended, put what was gathered in line to be posted."""
        if not self.ended and self.units and self.next_us <= time_us:
            due = sorted((user, asset, units) for (user, asset), units in self.units.items() if units > 0)
            self.ended = [(self.next_us, *each) for each in reversed(due)]
            for user, asset, _ in due:
                del self.units[user, asset]

    def carry_over(self, user: int, asset: int, units: int) -> None:
        self.units[user, asset] = self.units.get((user, asset), 0) + units

    def look_ahead(self, time_us: int) -> None:
        """Set the next deadline after some were posted: at once while there are more, then the day's end."""
        self.next_us = 0
        if self.ended:
            self.next_us = time_us
        else:
            self._set_deadline(time_us)

    def _set_deadline(self, time_us: int) -> None:
        if self.units and not self.next_us:
            self.next_us = (time_us // DAY_US + 1) * DAY_US

    def _paid(
        self, taker: int, maker: int, taker_side: int, market: Market, taker_fee_units: int, maker_fee_units: int
    ) -> None:
        """A fee is paid in what the side receives: a bid's in stock, an ask's in money."""
        of_bid, of_ask = market.stock_asset_id, market.money_asset_id
        taker_asset, maker_asset = (of_bid, of_ask) if taker_side == _BID else (of_ask, of_bid)
        for user, asset, units in ((taker, taker_asset, taker_fee_units), (maker, maker_asset, maker_fee_units)):
            if units and user in self.referred:
                self.carry_over(user, asset, units)
