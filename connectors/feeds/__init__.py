"""Following feeds: polling them, finding what is new, when to poll again, fetching the pages of new entries."""
