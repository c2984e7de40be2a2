"""What engines did that the bench does not run: taken once, by hand, and told with its date and how.

They are C++ libraries without a package: nothing here installs or drives them, and the note is not renewed by a run.
"""

NATIVE = (
    "Liquibook (2427613) and CppTrader (99e5799), C++, matching only, by hand on 2026-11-26 on this machine: the same "
    "flows from files, in a loop in C++ around their own calls (`SimpleOrderBook.add` and `cancel`; "
    "`MarketManager.AddOrder` and `DeleteOrder`; no Python between), gcc -O3 -march=native, median of 5 runs by CPU "
    "time, the same number of fills as the house. 1,000 a side in 1 market: 2.9 M and 8.3 M commands/s; in 10 markets: "
    "1.4 M and 3.8 M; 100,000 a side in 1 market: 0.46 M and 2.4 M."
)
