"""Imports Beam without the libraries that it would load for sources that the job does not have."""

import importlib
import logging

from schemas.lean_imports import absent, unused

#: MongoDB, Arrow, and HTTP for Google's services. Beam does without each that is missing. Together they take a quarter
#: of Beam's import and 40 MB in every process.
UNUSED = ("pymongo", "bson", "gridfs", "pyarrow", "requests")


def import_beam() -> None:
    """Import `apache_beam` and what a worker runs, as if `UNUSED` were not installed. Afterwards they can be imported.

    Beam's modules that are imported already stay as they are.
    """
    logging.disable(logging.WARNING)  # it warns of Google's libraries, which are not needed either
    try:
        with absent(*UNUSED), unused("httplib2"):
            for module in ("apache_beam", "apache_beam.runners.worker.sdk_worker"):
                importlib.import_module(module)
    finally:
        logging.disable(logging.NOTSET)
