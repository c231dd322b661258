"""How statements are told: cue and clause, quotation, release, transcript; and rules that correct their content."""
