-- Batch ids that there are, in the ledger or, should a row of it be gone, in the decisions.
SELECT m.demo,
    least((SELECT min(b.id) FROM mentord.batch b), (SELECT min(d.batch) FROM mentord.decision d)),
    greatest((SELECT max(b.id) FROM mentord.batch b), (SELECT max(d.batch) FROM mentord.decision d))
FROM mentord.meta m;
