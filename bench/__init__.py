"""Measurements of fondaco, and of its peers on the same flow: ``make bench``, parts by ``make bench ARGS='core'``.

    core/         commands/s of ``House.apply`` on a recorded day and a seeded mix; the peers on the same commands
    journal/      records/s and latency of the journal by batch size
    end_to_end/   durable orders/s and latency over WebSocket, against a real server from a separate load process
    peers/        the environments of the peers (each its own, pinned) and how each is driven

Each part prints its workload before it runs, and what it leaves out. Nothing here is a test: a figure belongs to the
machine it was taken on, which is why the machine stands beside it.
"""
