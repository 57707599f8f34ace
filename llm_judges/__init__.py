"""AI judges as annotators: one endpoint, honest calls in both orders, labels through the same functions."""
