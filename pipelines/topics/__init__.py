"""Which topics an article and its statements are about: phrases of the taxonomy, and a trained model for context."""
