-- $1 cluster, $2 topic, $3 transactional id, $4 partitions, or one -1 for all; of each $5 what the group has committed, if something pends, and $6 since when outputs
-- hang that count as out, if some do: before a Kafka transaction is aborted that may have counted as committed. What is not of this id, its owner's
-- or an orphan's, is on its way or lies behind what hangs. What pends was written after what it comes of was stored, by clocks that differ by less
-- than ten seconds. A table of its own: nobody waits for the owners' rows of progress.
INSERT INTO mentord.recall (progress_id, since_ms)
SELECT p.id, greatest(0, least(n.since_ms, stored.since_ms, (extract(epoch FROM now()) * 1000)::bigint))
FROM unnest($4::integer[], $5::bigint[], $6::bigint[]) AS n (partition, committed, since_ms)
JOIN mentord.progress p ON p.cluster = $1::text AND p.topic = $2::text AND n.partition IN (p.partition, -1)
LEFT JOIN LATERAL (
    SELECT b.evaluated_at_ms - 10000 AS since_ms
    FROM mentord.batch b
    WHERE b.progress_id = p.id AND b.next_offset > greatest(n.committed, p.first_offset)
    ORDER BY b.next_offset
    LIMIT 1
) AS stored ON n.committed IS NOT NULL
WHERE p.transactional_id = $3::text OR $3::text = ANY (p.orphan_ids)
ON CONFLICT (progress_id) DO UPDATE
SET since_ms = least(recall.since_ms, excluded.since_ms), noted_at = excluded.noted_at;
