-- How much of what each source published in the last 30 days was its own?
SELECT s.name, count(*) AS documents, count(*) FILTER (WHERE c.relation = 'origin') AS own,
    round(100.0 * count(*) FILTER (WHERE c.relation = 'origin') / count(*)) AS own_percent
FROM document d
JOIN source s ON s.id = d.source_id
JOIN document_copy c ON c.document_id = d.id
WHERE d.published_at > now() - interval '30 days'
GROUP BY s.name
ORDER BY documents DESC, s.name;
