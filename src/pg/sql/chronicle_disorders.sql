-- $1 at most so many; after chronicle_planner. A citizen's decisions of one partition, by the citizen's number: the offsets must rise with it. Citizens
-- with one decision have no order, and most have one.
SELECT o.citizen_ref, coalesce(o.progress_id, -1), o.source_offset, coalesce(o.before_seq, -1), coalesce(o.citizen_seq, -1)
FROM (
    SELECT d.citizen_ref, d.progress_id, d.source_offset, d.citizen_seq,
        lag(d.source_offset) OVER by_number AS before_offset, lag(d.citizen_seq) OVER by_number AS before_seq
    FROM mentord.decision d
    JOIN mentord.citizen c ON c.ref = d.citizen_ref AND c.seq > 1
    WINDOW by_number AS (PARTITION BY d.citizen_ref, d.progress_id ORDER BY d.citizen_seq, d.source_offset)
) AS o
WHERE o.before_offset >= o.source_offset OR o.before_seq = o.citizen_seq
LIMIT $1::integer;
