-- $1 how many at most: the newest divergences of all candidates.
SELECT d.candidate, d.rulebook, p.partition, d.source_offset, d.application_id, d.version, d.evaluated_at_ms, d.outcome,
    d.candidate_outcome, d.rules, d.candidate_rules, d.granted_ore, d.candidate_ore
FROM mentord.shadow_divergence d
JOIN mentord.progress p ON p.id = d.progress_id
ORDER BY d.id DESC
LIMIT $1::integer;
