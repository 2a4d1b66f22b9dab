-- $1 cluster, $2 topic, $3 partitions: ends the mentord sessions that hold a row of them. xmax of the row that we see is
-- the transaction that holds or changes it. Another program's session is named and left alone. Whether
-- they have ended shows when the row is asked for again.
SELECT holder.pid, holder.application_name, holder.ours,
    CASE WHEN holder.ours THEN pg_terminate_backend(holder.pid) ELSE false END
FROM (
    SELECT DISTINCT a.pid, coalesce(a.application_name, '') AS application_name,
        coalesce(a.application_name LIKE 'mentord %', false) AS ours
    FROM mentord.progress p
    JOIN pg_locks l ON l.locktype = 'transactionid' AND l.granted AND l.transactionid = p.xmax
    JOIN pg_stat_activity a ON a.pid = l.pid
    WHERE p.cluster = $1::text AND p.topic = $2::text AND p.partition = ANY ($3::integer[])
        AND a.pid <> pg_backend_pid()
) AS holder;
