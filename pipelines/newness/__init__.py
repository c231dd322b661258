"""Which statements are new: stories, the ledger, the comparison, and how an alert is composed."""
