-- $1 id, $2 epoch, $3 which note: it goes, unless another one has taken its place. Only our own.
WITH ours AS (
    SELECT p.id FROM mentord.progress p WHERE p.id = $1::bigint AND p.epoch = $2::bigint FOR UPDATE
), gone AS (
    DELETE FROM mentord.recall r USING ours
    WHERE r.progress_id = ours.id AND (extract(epoch FROM r.noted_at) * 1000000)::bigint = $3::bigint
)
SELECT mentord.demand(EXISTS (SELECT FROM ours), 'MD001', 'a partition has another owner');
