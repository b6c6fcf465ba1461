-- Which sources are not being read as they should be, since when and why?
SELECT key, name, state, state_reason, state_since, last_ok_at, documents_7d, expected_per_week
FROM source_health
WHERE enabled AND state <> 'OK'
ORDER BY state_since;
