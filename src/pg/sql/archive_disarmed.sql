-- $1 citizen ref: a row that says nothing goes (migrations/0001_tables.sql). After archive_disarm, whose lock it has.
DELETE FROM mentord.citizen c WHERE c.ref = $1::bytea AND c.seq = 0 AND c.armed = 0 AND c.key_id IS NULL;
