"""No maker gets more back than a taker pays: else who trades with himself empties the rebate fund down to its floor.

The core takes any rates, and journals hold them; so the desk looks before it sends. A market's rebate is measured by
its own taker fee, that of a user by the market's and by the taker fee he has himself. An entry for all markets is
measured by each of them, also where the user has another entry now: that one may end.

Known limits: orders that rest keep the fees they were put with. Two users who trade with each other are not looked
through: one whose own taker fee is low can feed the other's rebate. In the opening of an auction both sides are makers.
Cost: for a market's fees one pass over all entries of users, some 0.3 µs each; for a user's one over the markets.
"""

from __future__ import annotations

from fondaco.core.commands import Phase
from fondaco.core.instruments import Market, User
from fondaco.core.units import format_rate_ppm
from fondaco.desks.exchange.caller import Caller
from fondaco.desks.exchange.errors import WireError, invalid


def check_market(caller: Caller, name: str, market_id: int, maker_ppm: int, taker_ppm: int) -> None:
    """Fees that a market is to have; its id is 0 if it is yet to be made."""
    if -maker_ppm > taker_ppm:
        raise _too_large(maker_ppm, f"the taker_fee {format_rate_ppm(taker_ppm)} of {name}", taker_ppm)
    house = caller.floor.house
    for fees in house.all_user_fees():
        rebate_ppm = -(fees.maker_fee_ppm or 0)
        if fees.market_id in (0, market_id) and rebate_ppm > taker_ppm:
            user, rebate = house.users[fees.user_id].name, format_rate_ppm(rebate_ppm)
            raise invalid(
                f"taker_fee {format_rate_ppm(taker_ppm)} of {name} is less than the rebate {rebate} that {user} gets "
                "there; send more, or lower that rebate first by user.fees"
            )


def check_user(caller: Caller, user: User, market: Market | None, maker_ppm: int, taker_ppm: int) -> None:
    """Fees that a user is to have on a market, or on all."""
    if -maker_ppm > taker_ppm:
        raise _too_large(maker_ppm, f"the taker_fee {format_rate_ppm(taker_ppm)} that {user.name} is to pay", taker_ppm)
    for one in caller.floor.house.markets.values() if market is None else (market,):
        if -maker_ppm > one.taker_fee_ppm and one.phase != Phase.DELISTED:
            taker = f"the taker_fee {format_rate_ppm(one.taker_fee_ppm)} of {one.name}"
            raise _too_large(maker_ppm, taker, one.taker_fee_ppm)


def _too_large(maker_ppm: int, taker: str, taker_ppm: int) -> WireError:
    return invalid(
        f"maker_fee {format_rate_ppm(maker_ppm)} gives back more than {taker} brings in: who trades with himself would "
        f'empty the rebate fund; send "{format_rate_ppm(-taker_ppm)}" or more'
    )
