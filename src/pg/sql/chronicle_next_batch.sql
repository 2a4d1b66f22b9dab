-- $1 a batch id: the first one from there on, of the ledger or, should a row of it be gone, of the decisions; null: none.
SELECT least((SELECT min(b.id) FROM mentord.batch b WHERE b.id >= $1::bigint), (SELECT min(d.batch) FROM mentord.decision d WHERE d.batch >= $1::bigint));
