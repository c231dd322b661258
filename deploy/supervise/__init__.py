"""`borderwire run`: starts the parts, restarts those that fail, stops them; `status` and `stop`."""
