"""Claims: what is checkable, who has published a check of it, and how the texts differ. No verdict of our own (SCOPE S5 to S7)."""
