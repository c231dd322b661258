"""Trains the taggers: reads the gold and the texts in `texts/`, divides them into folds, writes the weights."""
