"""Who speaks: finds names and roles, and resolves pronouns, descriptions and dropped subjects."""
