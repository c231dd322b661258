"""HTTP: requests with limits, which addresses may be contacted, waiting times for each domain, content codings."""
