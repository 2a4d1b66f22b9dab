-- $1 cluster, $2 topic, $3 partitions, $4 offsets. Open rows of the quarantine, by place in $3.
SELECT k.n, q.progress_id, q.redrives, q.arms, q.citizen_ref, q.key, CASE WHEN q.value IS NOT NULL THEN q.value_sha256 END
FROM (
    SELECT unnest($3::integer[]) AS partition, unnest($4::bigint[]) AS source_offset,
        generate_series(1, cardinality($3::integer[])) AS n
) AS k
JOIN mentord.progress p ON p.cluster = $1::text AND p.topic = $2::text AND p.partition = k.partition
JOIN mentord.quarantine q ON q.progress_id = p.id AND q.source_offset = k.source_offset
WHERE q.state = 'open' AND q.erasure IS NULL;
