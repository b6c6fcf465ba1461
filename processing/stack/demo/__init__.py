"""A fictional province with its press, portals and boards, served from loopback, so that the whole of the real program has something to read."""
