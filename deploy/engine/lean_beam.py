"""Imports Beam without the libraries that it would load for sources that the job does not have."""

import importlib
import logging
import sys

#: MongoDB, Arrow, and HTTP for Google's services. Beam does without each that is missing. Together they take a quarter
#: of Beam's import and 40 MB in every process.
UNUSED = ("pymongo", "bson", "gridfs", "pyarrow", "requests")


def import_beam() -> None:
    """Import `apache_beam` and what a worker runs, as if `UNUSED` were not installed. Afterwards they can be imported.

    Beam's modules that are imported already stay as they are.
    """
    absent = [name for name in UNUSED if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]  # None: as if there were no such module
    logging.disable(logging.WARNING)  # it warns of Google's libraries, which are not needed either
    try:
        for module in ("apache_beam", "apache_beam.runners.worker.sdk_worker"):
            importlib.import_module(module)
    finally:
        logging.disable(logging.NOTSET)
        for name in absent:
            del sys.modules[name]
