"""What omnictl costs beside hand-written DuckDB that gives the same figures, in the same run.

    python -m benchmarks                 everything, at full size
    python -m benchmarks help query      some of it
    python -m benchmarks --rows 1000000  smaller

Nothing here runs in the tests: it takes minutes, and a figure of a busy machine proves little. Each measure is the CPU
time (user and system, all threads) of whole child processes, taken in pairs whose order swaps, and the ratio of each
pair is what counts: both sides of a pair meet the same weather.
"""
