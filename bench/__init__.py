"""Measurements of fondaco, and of its peers on the same flow: ``make bench``, parts by ``make bench ARGS='core'``.

    core/         commands/s of ``House.apply`` on a recorded day and a seeded mix; the peers on the same commands
    pauses/       the worst single command while the price walks or jumps
    growth/       what a command costs as orders, users, markets and connections become more: curves
    memory/       bytes of a resting order, of a user with balances
    journal/      records/s and latency of the journal by batch size; replay
    end_to_end/   durable orders/s and latency over WebSocket, against a real server from a separate load process;
                  market data to many subscribers
    peers/        the environments of the peers (each its own, pinned) and how each is driven
    aims.py       what every figure is held against      report.py   RESULTS.md, results.json, plots/

Each part prints its workload before it runs, and what it leaves out. Nothing here is a test: a figure belongs to the
machine it was taken on, which is why the machine stands beside it.
"""
