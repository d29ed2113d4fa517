"""Paired timings: contenders take turns in one process, so that all of them see the same machine."""

import time

PAUSE = 0.2  # seconds before each turn, in which the threads of the previous contender's library stop spinning


def paired(contenders: dict, rounds: int, reporting: tuple[str, ...] = ()) -> dict:
    """Best wall-clock time of each call; those in ``reporting`` return their own seconds (another process)."""
    seconds = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, call in contenders.items():
            time.sleep(PAUSE)
            start = time.perf_counter()
            result = call()
            seconds[name].append(result if name in reporting else time.perf_counter() - start)
    return {name: min(times) for name, times in seconds.items()}


def print_rows(rows: list[dict]) -> None:
    """One line per row: name, seconds, ratio to the unit, target, verdict."""
    for row in rows:
        ratio = f"{row['ratio']:8.2f} {row['unit']}" if row.get("ratio") is not None else ""
        print(f"{row['name']:64s} {row['seconds']:9.3f} s  {ratio:28s} {row.get('target', '')}")
