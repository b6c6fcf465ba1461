-- Which hot-spots were raised in the last seven days, most urgent first? Statistical signals, not verified.
SELECT title, topic, place, province, first_day, observed, expected, origins, state
FROM flagged_issue
WHERE raised_at > now() - interval '7 days'
ORDER BY rank DESC;
