"""Pages, one module each; no rules of the domain in here."""
