-- $1 id, $2 epoch, $3 what the group has committed, -1 for nothing: when just that was noted, emitted_offset goes back to it, or to where the
-- ledger begins. It stays noted until the group says something else. Only our own.
WITH ours AS (
    SELECT p.id FROM mentord.progress p WHERE p.id = $1::bigint AND p.epoch = $2::bigint FOR UPDATE
), gone AS (
    DELETE FROM mentord.undone u USING ours WHERE u.progress_id = ours.id AND u.committed <> $3::bigint
), back AS (
    UPDATE mentord.progress p
    SET emitted_offset = least(p.emitted_offset, greatest(p.first_offset, $3::bigint)), updated_at = now()
    FROM ours
    JOIN mentord.undone u ON u.progress_id = ours.id AND u.committed = $3::bigint
    WHERE p.id = ours.id
    RETURNING p.emitted_offset
)
SELECT (SELECT emitted_offset FROM back), mentord.demand(EXISTS (SELECT FROM ours), 'MD001', 'a partition has another owner');
