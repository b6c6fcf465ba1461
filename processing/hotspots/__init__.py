"""Counts per series and day, and what is unusual about them."""
