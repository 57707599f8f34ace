"""Accounts as django-allauth keeps them, in our words and behind our doors."""
