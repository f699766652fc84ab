"""Benchmarks: one file per hot path, each with `run() -> list[Result]`.

`python -m benchmarks` runs them all; `python -m benchmarks journal` runs those named. Every
figure is a ratio against a reference in the same run; nothing here asserts an absolute time.
"""
