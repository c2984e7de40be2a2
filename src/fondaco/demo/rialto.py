"""The demo's reward programme: Rialto Rewards, with merchants, participants, and purchases made of recorded trades.

Each of the first trades of the recording is one purchase: its money, in euros and cents, spent by a participant at one
of the merchants' tills. All but the last ten are settled by a run. Purchase 796 is the document's own: 150.00 that
award 15.00, of which the merchant bears 75 %; it is posted and not settled, so that the document's request works as it
is printed, with the reader's own token.

Everything is a journalled command and looks first at what is there: a start after a crash completes the rest. People's
names are sealed like anybody's. The operator's password is made once and kept with the demo's secrets.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from itertools import islice
from typing import Final

import msgspec

from fondaco.core.commands import HOUSE, Command, Rewards
from fondaco.core.events import EventKind, kind_of
from fondaco.core.rejects import Reject
from fondaco.core.rewards import actions as a
from fondaco.core.rewards.books import Books
from fondaco.core.rewards.entities import EntityKind, Line, Offer, Role, Rounding, Scheme, Unit
from fondaco.demo.feed import Submits, ask
from fondaco.demo.tape import RECORDINGS, Prints, tape
from fondaco.desks.rewards.passwords import hash_password, secret_name
from fondaco.journal.errors import OperatingError
from fondaco.journal.people import People
from fondaco.journal.secrets import SecretStore
from fondaco.wire.rewards.contacts import ContactDetails

ORGANISATION: Final = "Rialto Rewards"
USERNAME: Final = "georgia"
CURRENCY: Final = 1
EURO_DIGITS: Final = 2
#: How many purchases there are, and how many of them, the last, are left unsettled.
PURCHASES: Final = 800
UNSETTLED: Final = 10
#: The document's purchase.
DOCUMENTS_PURCHASE: Final = 796
DOCUMENTS_TOTAL_UNITS: Final = 150_00
PURCHASE_UNITS_MAX: Final = 2_000_00
AWARD_PPM: Final = 100_000
CONTRIBUTION_PPM: Final = 750_000
CREDIT_DAYS: Final = 4
_AT_ONCE: Final = 50
_ENCODER: Final = msgspec.json.Encoder()
_PASSWORD: Final = "rewards/demo/password"

MERCHANTS: Final = (
    ("spezieria", ContactDetails(first_name="Georgia", last_name="Georgia")),
    ("setificio", ContactDetails(type="COMPANY", company_name="Setificio Rialto")),
    ("vetreria", ContactDetails(type="COMPANY", company_name="Vetreria Murano")),
)
UNITS: Final = (("bottega", "Bottega al ponte", 1), ("seta", "Seta, campo", 2), ("vetro", "Vetro, riva", 3))
PARTICIPANTS: Final = ("Georgia Georgia", "Marco Doria", "Lucia Zen", "Piero Contarini", "Anna Grimani", "Zuan Barbo")


class RewardsLogin(msgspec.Struct, frozen=True):
    """What the demo writes into credentials.json: who may operate its programme."""

    username: str
    password: str
    organisation: str


class RialtoRefused(OperatingError):
    """The house refused one of the demo's commands: this directory is not a demo's, or another version's."""


async def seed_rewards(runtime: Submits, store: SecretStore, people: People) -> RewardsLogin:
    """Brings the programme to what the demo needs. Changes nothing where all is there."""
    rialto = _Rialto(runtime, people)
    if ORGANISATION not in runtime.house.rewards.programme_ids:
        await rialto.give(a.ProgrammeCreate(ORGANISATION))
    password = store.get(_PASSWORD)
    if password is None:
        password = secrets.token_urlsafe(18)
        store.put(_PASSWORD, password)
        store.put(secret_name(ORGANISATION, USERNAME), hash_password(password))
    await rialto.set_up()
    await rialto.purchase()
    await rialto.settle()
    return RewardsLogin(USERNAME, password, ORGANISATION)


class _Rialto:
    """The programme as it grows."""

    def __init__(self, runtime: Submits, people: People) -> None:
        self._runtime = runtime
        self._people = people

    @property
    def _books(self) -> Books:
        rewards = self._runtime.house.rewards
        return rewards.programmes[rewards.programme_ids[ORGANISATION]]

    async def set_up(self) -> None:
        books = self._books
        if not books.operators:
            await self.give(a.OperatorPut(0, USERNAME, Role.ADMIN))
        if not books.currencies:
            euro = a.CurrencyPut(0, "EUR", EURO_DIGITS, Rounding.HALF_UP, prefix_symbol="€")
            await self.give(euro, a.ProgrammeUpdate(books.programme.clawback, CURRENCY))
        for code, contact in MERCHANTS[len(books.merchants) :]:
            sealed = self._sealed(contact)
            share = CONTRIBUTION_PPM
            await self.give(a.MerchantPut(0, code, sealed, CURRENCY, CREDIT_DAYS, contribution_ppm=share))
        await self.give(*(a.UnitPut(Unit(0, *unit)) for unit in UNITS[len(books.units) :]))
        for name in PARTICIPANTS[len(books.participants) :]:
            first, last = name.split()
            sealed = self._sealed(ContactDetails(first_name=first, last_name=last))
            await self.give(a.ParticipantPut(0, first.lower(), sealed, CURRENCY))
        if not books.schemes:
            await self.give(a.SchemePut(Scheme(0, "Rialto")))
        if not books.offers:
            await self.give(a.OfferPut(Offer(0, 1, "A tenth of every purchase", award_ppm=AWARD_PPM)))

    async def purchase(self) -> None:
        """Post the purchases that are not there yet."""
        done = self._books.count(EntityKind.PURCHASE)
        if done >= PURCHASES:
            return  # reading the recording costs more than all the rest of a start
        rest = list(islice(_purchases(), done, PURCHASES))
        for first in range(0, len(rest), _AT_ONCE):
            await self.give(*rest[first : first + _AT_ONCE])

    async def settle(self) -> None:
        """Settle all but the last ones, as far as that is not done."""
        books = self._books
        rest = [number for number in range(1, PURCHASES - UNSETTLED + 1) if books.next_unsettled(number, number)]
        for first in range(0, len(rest), _AT_ONCE):
            await self.give(*(a.SettlementApply(number) for number in rest[first : first + _AT_ONCE]))

    async def give(self, *actions: a.Action) -> None:
        """Send actions together. Raises ``RialtoRefused``."""
        programme_id = self._runtime.house.rewards.programme_ids.get(ORGANISATION, 0)
        commands: list[Command] = [Rewards(programme_id, 0, action) for action in actions]
        for command, (row, _) in zip(
            commands, await ask(self._runtime, [(HOUSE, each) for each in commands]), strict=True
        ):
            if kind_of(row) == EventKind.REJECT:
                raise RialtoRefused(
                    f"the demo's {command} was refused ({Reject(row[2]).name}); "
                    "start it on another directory with --data, or wipe this one with --fresh"
                )

    def _sealed(self, contact: ContactDetails) -> bytes:
        return self._people.seal(self._people.new_person(), _ENCODER.encode(contact))


def _purchases() -> Iterator[a.PurchaseCreate]:
    """A purchase for each recorded trade, at a merchant and by a participant in turn."""
    printed = (step for step in tape(RECORDINGS, 1_000) if isinstance(step, Prints))
    trades = ((prints, trade) for prints in printed for trade in prints.trades)
    for number, (prints, trade) in enumerate(trades, 1):
        market = next(each for each in RECORDINGS if each.market == prints.market)
        digits = market.price_digits + market.amount_digits - EURO_DIGITS
        units = min(max(trade.price_ticks * trade.size_lots // 10**digits, 1_00), PURCHASE_UNITS_MAX)
        unit, participant = number % len(UNITS) + 1, number % len(PARTICIPANTS) + 1
        if number == DOCUMENTS_PURCHASE:
            units, unit, participant = DOCUMENTS_TOTAL_UNITS, 1, 1
        line = Line("1", "", "", units)
        yield a.PurchaseCreate(
            unit, participant, prints.time_ms * 1_000, CURRENCY, (line,), f"{prints.market}-{number}"
        )
