-- $1 batch, $2 owner, $3 rulebook, then an array a column.
INSERT INTO mentord.batch (id, owner, rulebook, progress_id, first_offset, next_offset, epoch, evaluated_at_ms,
    decided, duplicate, dlq, skipped, gap, entries, root, link)
SELECT $1::bigint, $2::text, $3::bytea, g.progress_id, g.first_offset, g.next_offset, g.epoch, g.evaluated_at_ms,
    g.decided, g.duplicate, g.dlq, g.skipped, g.gap, g.entries, g.root, g.link
FROM unnest($4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::integer[], $10::integer[],
    $11::integer[], $12::bigint[], $13::bigint[], $14::bytea[], $15::bytea[], $16::bytea[])
    AS g (progress_id, first_offset, next_offset, epoch, evaluated_at_ms, decided, duplicate, dlq, skipped, gap, entries, root,
        link);
