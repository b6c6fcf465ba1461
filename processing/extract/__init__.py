"""Raw pages and feed entries in, documents out: charset, page rules, two general extractors, dates, tails. `core.extract` is the way in."""
