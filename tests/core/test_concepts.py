"""The worked examples of the concept pages are carried out, row by row, and come out as they are printed."""

from __future__ import annotations

import re
from pathlib import Path

from fondaco.core.events import EventKind, kind_of
from fondaco.core.state import DECODER
from fondaco.core.units import format_units, parse_units
from tests.core.table import FOK, GTC, IOC, Floor
from tests.core.table_answer import Answer, plain

CONCEPTS = Path(__file__).resolve().parents[2] / "docs" / "concepts"
STEP = re.compile(
    r"(?P<name>\w+) (?:receives (?P<change>\S+) (?P<asset>\w+)"
    r"|(?P<verb>buys|sells) (?P<amount>\S+) at (?P<price>\S+)(?: (?P<tif>IOC|FOK))?|(?P<cancels>cancels))"
)


def example(page: str) -> tuple[str, list[list[str]]]:
    """The text of a page's example, and the rows of its table without the head."""
    text = (CONCEPTS / f"{page}.md").read_text().split("## An example", 1)[1].split("\n## ", 1)[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    assert rows[0][0] == "step"
    return text, rows[2:]


class Story:
    """Carries out the steps of an example, each a sentence."""

    def __init__(self, floor: Floor) -> None:
        self.floor = floor
        self.last: dict[str, Answer] = {}

    def tell(self, sentence: str) -> Answer:
        step = STEP.fullmatch(sentence)
        assert step is not None, f"{sentence!r} is no step"
        trader = self.floor.user(step["name"])
        if step["change"]:
            return trader.receives(step["change"], step["asset"])
        if step["cancels"]:
            return trader.cancels(self.last[step["name"]])
        act = trader.buys if step["verb"] == "buys" else trader.sells
        answer = act(step["amount"], at=step["price"], tif={"IOC": IOC, "FOK": FOK, None: GTC}[step["tif"]])
        self.last[step["name"]] = answer
        return answer


def test_the_ledger(floor: Floor) -> None:
    """All accounts of USDT after each step, and their sum."""
    floor.fees("BTCUSDT", maker="0.001", taker="0.002")
    story = Story(floor)
    alice, bob = floor.user("alice"), floor.user("bob")
    asset_id, digits = floor.digits("USDT")
    text, rows = example("ledger")
    assert "makers pay 0.1 %, takers 0.2 %" in text
    for step, *printed in rows:
        story.tell(step)
        accounts = dict(DECODER.decode(floor.house.dump()).accounts)
        keys = [user << 24 | asset_id << 8 | purpose for user, purpose in ((1, 1), (1, 2), (2, 1), (0, 3), (0, 4))]
        balances = [accounts.get(key, 0) for key in keys]
        assert [plain(units, digits) for units in (*balances, sum(balances))] == printed, step
    assert len(rows) == 7
    assert "so she has 0.999" in text.replace("\n", " ")
    alice.has("0.999", "BTC")
    bob.has("4", "BTC")


def test_matching(floor: Floor) -> None:
    """What each step trades and what is left of it, then the book."""
    story = Story(floor)
    for name in ("alice", "bob", "carol"):
        story.tell(f"{name} receives 100 BTC")
        story.tell(f"{name} receives 10000 USDT")
    text, rows = example("matching")
    for step, trades, left in rows:
        answer = story.tell(step)
        if left == "refused":
            assert kind_of(answer.row) == EventKind.REJECT, step
            continue
        answer.fills(*(trade.strip() for trade in trades.split(",") if trade))
        assert format_units(answer.row[6], 4) == format_units(parse_units(left, 4), 4), step
    assert len(rows) == 8
    floor.book("BTCUSDT").shows(text.split("```")[1])
