"""Bad and odd inputs as data: what is given, where it goes, and what has to come of it."""
