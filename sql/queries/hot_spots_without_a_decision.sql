-- Which hot-spots has nobody decided on yet, oldest first?
SELECT issue, title, topic, place, raised_at, round(extract(epoch FROM now() - raised_at) / 3600) AS hours_waiting
FROM flagged_issue
WHERE state = 'new'
ORDER BY raised_at;
