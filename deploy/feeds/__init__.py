"""The `borderwire feeds` command: the status of each feed; trying, adding and removing feeds."""
