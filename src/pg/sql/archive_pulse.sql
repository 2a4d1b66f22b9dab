-- How much of the quarantine is open, counted no further than an operator needs; asked every few seconds.
SELECT count(*) FROM (SELECT 1 FROM mentord.quarantine q WHERE q.state = 'open' LIMIT 100000) counted;
