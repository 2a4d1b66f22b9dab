-- $1 candidate, $2 rulebooks, $3 progress ids, $4 outcomes, $5 the candidate's, $6 decided, $7 diverged, $8 granted øre,
-- $9 the candidate's: added to what is there.
INSERT INTO mentord.shadow_count AS c
    (candidate, rulebook, progress_id, outcome, candidate_outcome, decided, diverged, granted_ore, candidate_ore)
SELECT $1::bytea, g.rulebook, g.progress_id, g.outcome, g.candidate_outcome, g.decided, g.diverged, g.granted_ore, g.candidate_ore
FROM unnest($2::bytea[], $3::bigint[], $4::smallint[], $5::smallint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[])
    AS g (rulebook, progress_id, outcome, candidate_outcome, decided, diverged, granted_ore, candidate_ore)
ON CONFLICT (candidate, rulebook, progress_id, outcome, candidate_outcome) DO UPDATE
SET decided = c.decided + EXCLUDED.decided,
    diverged = c.diverged + EXCLUDED.diverged,
    granted_ore = c.granted_ore + EXCLUDED.granted_ore,
    candidate_ore = c.candidate_ore + EXCLUDED.candidate_ore,
    updated_at = now();
