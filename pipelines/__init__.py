"""The Beam job: from raw articles to alerts. Start reading at `news.py`."""
