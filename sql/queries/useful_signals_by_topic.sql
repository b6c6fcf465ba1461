-- Of the hot-spots that were decided on, which share was worth attention, by topic, and how sure is that?
SELECT topic, decided, useful, round(100.0 * useful / decided) AS useful_percent, round((100 * low)::numeric) AS at_least, round((100 * high)::numeric) AS at_most
FROM signal_precision
ORDER BY decided DESC, topic;
