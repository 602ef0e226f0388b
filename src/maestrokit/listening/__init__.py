"""Listening tests: a plan that is balanced over listeners, clips, a page for browsers, and the answers to it."""
