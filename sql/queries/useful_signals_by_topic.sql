-- Of the hot-spots that were decided on, which share was worth attention, by topic?
SELECT topic, count(*) AS decided, count(*) FILTER (WHERE state <> 'dismissed') AS useful,
    round(100.0 * count(*) FILTER (WHERE state <> 'dismissed') / count(*)) AS useful_percent
FROM (SELECT DISTINCT issue, topic, state FROM flagged_issue WHERE state IS NOT NULL AND state <> 'new') decided
GROUP BY topic
ORDER BY decided DESC, topic;
