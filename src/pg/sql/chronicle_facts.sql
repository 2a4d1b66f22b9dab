-- Batch ids that there are, in the ledger or, should a row of it be gone, in the decisions.
SELECT coalesce(m.demo, false),
    least((SELECT min(b.id) FROM mentord.batch b), (SELECT min(d.batch) FROM mentord.decision d)),
    greatest((SELECT max(b.id) FROM mentord.batch b), (SELECT max(d.batch) FROM mentord.decision d)),
    (SELECT coalesce(sum(b.decided), 0)::bigint FROM mentord.batch b)
FROM mentord.meta m;
