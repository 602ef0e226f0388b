"""Reports of ``evaluate`` for people: a page, and tables for papers."""
