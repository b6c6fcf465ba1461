"""Mail: the outbox, what is written in it, and the sender."""
