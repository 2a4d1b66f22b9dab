-- $1 cluster, $2 topic, $3 partition. Its window begins anew, so that it takes another run of refusals to stop it again.
UPDATE mentord.progress p
SET stopped_at = NULL, breaker = '', updated_at = now()
WHERE p.cluster = $1::text AND p.topic = $2::text AND p.partition = $3::integer AND p.stopped_at IS NOT NULL
RETURNING p.partition;
