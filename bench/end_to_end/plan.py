"""What the load process is told to do, and what it answers: both JSON, in a file and on standard output."""

from __future__ import annotations

import msgspec


class Login(msgspec.Struct, frozen=True):
    """Who a connection is: a key and its secret, or an account number where the peer takes it on trust."""

    account: int
    api_key: str = ""
    secret: str = ""


class Plan(msgspec.Struct, frozen=True):
    """One load: which commands, on how many connections, how many of them in flight.

    ``words`` names the flow's file; a connection sends the commands of its own user, in their order. The first
    ``untimed`` commands open the book before the clock starts. With ``pace_per_second`` there is one connection, which
    sends at that pace whatever the answers take; otherwise each connection sends its next order when one is answered.
    ``watched`` are the processes whose CPU time is read at the start and at the end of the measured time, by name.
    """

    wire: str
    host: str
    port: int
    market: str
    price_digits: int
    amount_digits: int
    words: str
    untimed: int
    logins: list[Login]
    in_flight: int
    warm_up_s: float
    seconds: float
    watched: dict[str, int]
    pace_per_second: int = 0


class Outcome(msgspec.Struct, frozen=True):
    """What a load saw: ``answered`` commands in ``seconds``, and the latency of each from sending to answer.

    ``p99_us_typical`` is the median over each thousand answers of their 99th percentile: a single pause of the machine
    does not decide it.
    """

    answered: int
    places: int
    refused: int
    seconds: float
    p50_us: float
    p99_us: float
    max_us: float
    cpu_s: dict[str, float]
    p99_us_typical: float = 0.0

    def per_second(self) -> float:
        return self.answered / self.seconds
