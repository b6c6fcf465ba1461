"""Same texts and copies: which documents stem from one origin."""
