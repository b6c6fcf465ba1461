-- Which sources publish pages whose date cannot be read? Their documents count on the day they were first seen.
SELECT s.key, count(*) AS documents, count(*) FILTER (WHERE d.published_precision = 'seen') AS without_date
FROM document d JOIN source s ON s.id = d.source_id
GROUP BY s.key
HAVING count(*) FILTER (WHERE d.published_precision = 'seen') > 0
ORDER BY without_date DESC;
