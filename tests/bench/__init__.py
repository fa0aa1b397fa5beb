"""The benchmark: what a decision costs, beside nginx alone and beside other ways to decide, in one run.

`python -m tests.bench` measures; docs/benchmarks.md holds the table it made last, and how to read it.
"""
