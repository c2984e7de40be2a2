"""The demo: two real markets of one evening, played into a house as any client would, over and over.

``seed`` makes the assets, markets, users and keys once; ``tape`` reads the recorded quotes and trades; ``market_maker``
and ``feed`` turn them into orders. All of it is journalled commands: a demo's journal replays like any other.
"""
