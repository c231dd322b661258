"""From an HTML page or a feed's text to a clean article: title, text, authors, date."""
