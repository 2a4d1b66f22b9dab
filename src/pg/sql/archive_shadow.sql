-- Every candidate beside every rulebook that it was tried against: what became of how many, over all partitions.
SELECT s.sha256, s.name, s.version, c.rulebook, coalesce(r.name, ''), coalesce(r.version, ''), c.outcome, c.candidate_outcome,
    sum(c.decided)::bigint, sum(c.diverged)::bigint, sum(c.granted_ore)::bigint, sum(c.candidate_ore)::bigint
FROM mentord.shadow_count c
JOIN mentord.shadow_candidate s ON s.sha256 = c.candidate
LEFT JOIN mentord.rulebook r ON r.sha256 = c.rulebook
GROUP BY s.sha256, s.name, s.version, s.first_at, c.rulebook, r.name, r.version, c.outcome, c.candidate_outcome
ORDER BY s.first_at DESC, s.sha256, c.rulebook, c.outcome, c.candidate_outcome;
