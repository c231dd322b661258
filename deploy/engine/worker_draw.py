"""Whether Beam spread the subtasks of the source over the workers evenly enough. No I/O.

Beam's job server gives each subtask of each step the next worker in turn, in the order in which Flink happens to open
them. So the subtasks that do most of the work, those of the source, may all get the same worker.
"""

from collections.abc import Sequence

#: How often the job is submitted again because of its workers, before an uneven assignment is accepted.
DRAWS = 3
#: The least number of workers that the assignment must keep busy, as a part of those that it could: for two workers,
#: and for more, where an even assignment is rare.
BUSY, BUSY_OF_MANY = 0.75, 0.5


def crowded(subtasks: Sequence[frozenset[int]], parallelism: int, workers: int) -> bool:
    """Whether another draw is likely to process more articles. `subtasks` are those that each worker reads for.

    The throughput is limited by the worker with most subtasks. While some subtasks have not begun to read, or those of
    an ended job are still noted, nothing is known: False.
    """
    if sorted(number for its in subtasks for number in its) != list(range(parallelism)):
        return False
    could = min(parallelism, workers)
    return parallelism / max(map(len, subtasks)) < (BUSY if could <= 2 else BUSY_OF_MANY) * could
