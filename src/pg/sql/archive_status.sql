-- What there is once: demo, how many decisions, the rulebook of the newest batch. Decisions are added up from the
-- ledger as long as that is short, and estimated from the statistics after.
WITH ledger AS (
    SELECT c.reltuples > 200000 AS long FROM pg_class c WHERE c.oid = 'mentord.batch'::regclass
)
SELECT m.demo,
    CASE WHEN l.long THEN (SELECT c.reltuples::bigint FROM pg_class c WHERE c.oid = 'mentord.decision'::regclass)
    ELSE coalesce((SELECT sum(b.decided)::bigint FROM mentord.batch b), 0) END,
    l.long, coalesce(r.name, ''), coalesce(r.version, ''), r.sha256,
    floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint
FROM mentord.meta m
CROSS JOIN ledger l
LEFT JOIN mentord.rulebook r ON r.sha256 = (SELECT b.rulebook FROM mentord.batch b ORDER BY b.id DESC LIMIT 1);
