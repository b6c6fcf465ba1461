-- Which statements go round in several independent sources although no publisher is known to have checked them, and which still rise?
SELECT text, topic, origins, outlets, provinces, rising, first_seen_at, last_seen_at
FROM flagged_claim
WHERE match IS NULL
ORDER BY rising DESC, origins DESC, last_seen_at DESC;
