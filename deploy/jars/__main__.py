"""`python -m deploy.jars [SET…]` fetches the pinned jars; with `--lock` it rewrites jars.lock (see resolve.py)."""

import argparse
import sys

from deploy.jars.cache import CLUSTER, KAFKA_METRICS, LOCK, SETS, cache_dir, fetch
from deploy.jars.download import DownloadError
from deploy.jars.resolve import write_lock


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    known = ", ".join((*SETS, CLUSTER, KAFKA_METRICS))
    parser.add_argument("sets", nargs="*", metavar="SET", help=f"{known}; default: {SETS}")
    parser.add_argument("--lock", action="store_true", help="resolve the coordinates again and write jars.lock")
    arguments = parser.parse_args()
    if arguments.lock:
        write_lock(LOCK)
        return 0
    try:
        paths = fetch(sets=arguments.sets or SETS)
    except DownloadError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{sum(map(len, paths.values()))} jars in {cache_dir() / 'jars'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
