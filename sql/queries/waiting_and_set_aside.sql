-- What is waiting to be processed, and what was set aside and why?
SELECT stage, record, url, reason, since, 'set aside' AS state FROM quarantined
UNION ALL
SELECT stage, NULL, NULL, waiting || ' waiting, ' || retrying || ' to be retried', oldest, 'waiting' FROM processing_lag WHERE waiting > 0
ORDER BY state, since;
