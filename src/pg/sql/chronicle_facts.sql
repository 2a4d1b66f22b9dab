-- Batch ids that there are, in the ledger or, should a row of it be gone, in the decisions; and how many rows a reader must come to see.
SELECT coalesce(m.demo, false),
    least((SELECT min(b.id) FROM mentord.batch b), (SELECT min(d.batch) FROM mentord.decision d)),
    greatest((SELECT max(b.id) FROM mentord.batch b), (SELECT max(d.batch) FROM mentord.decision d)),
    s.decided, s.ranges, (SELECT count(*) FROM mentord.quarantine q)
FROM mentord.meta m
CROSS JOIN (SELECT coalesce(sum(b.decided), 0)::bigint AS decided, count(*) AS ranges FROM mentord.batch b) AS s;
