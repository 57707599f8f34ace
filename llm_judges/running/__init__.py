"""A run: judges at work on a shared endpoint, within its limits and the owner's money."""
