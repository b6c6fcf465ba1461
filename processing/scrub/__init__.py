"""Personal data out of text before it leaves the landing area (SCOPE S3). `core.redact` is the way in."""
