-- Which communes were written about most in the last 30 days, and for what?
SELECT u.name AS commune, u.province_name AS province, a.topic, count(DISTINCT coalesce(c.origin_id, d.id)) AS origins
FROM document d
JOIN document_place p ON p.document_id = d.id AND p.level = 'commune'
JOIN unit u ON u.code = p.unit_code
JOIN annotation a ON a.document_id = d.id
LEFT JOIN document_copy c ON c.document_id = d.id
WHERE d.published_at > now() - interval '30 days' AND a.topic <> 'other'
GROUP BY 1, 2, 3
ORDER BY origins DESC, commune;
