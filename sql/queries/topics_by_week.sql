-- How many independent origins wrote about each public service or hazard, week by week, in the last 90 days?
SELECT date_trunc('week', local_day(d.published_at))::date AS week, a.topic, count(DISTINCT coalesce(c.origin_id, d.id)) AS origins
FROM document d
JOIN annotation a ON a.document_id = d.id
LEFT JOIN document_copy c ON c.document_id = d.id
WHERE d.published_at > now() - interval '90 days' AND a.topic <> 'other'
GROUP BY 1, 2
ORDER BY 1 DESC, 3 DESC;
