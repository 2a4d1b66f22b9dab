-- $1 batch, then an array a column; decisions' index null where there is none. Every row must still be open, else stale.
WITH closed AS (
    UPDATE mentord.quarantine q
    SET state = 'redriven', why = g.why, closed_at = now(), closed_by = session_user,
        redriven_progress_id = g.redriven_progress_id, redriven_offset = g.redriven_offset,
        redriven_batch = $1::bigint, redriven_index = g.redriven_index
    FROM (
        SELECT unnest($2::bigint[]) AS progress_id, unnest($3::bigint[]) AS source_offset, unnest($4::text[]) AS why,
            unnest($5::bigint[]) AS redriven_progress_id, unnest($6::bigint[]) AS redriven_offset,
            unnest($7::integer[]) AS redriven_index
    ) AS g
    WHERE q.progress_id = g.progress_id AND q.source_offset = g.source_offset AND q.state = 'open'
    RETURNING 1
)
SELECT mentord.demand(count(*) = cardinality($2::bigint[]), 'MD002', 'a quarantined record was closed by another')
FROM closed;
