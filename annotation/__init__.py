"""The domain: comparisons, who labels them, what they said, and what it means."""
