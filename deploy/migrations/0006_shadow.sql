-- What a candidate would have decided (worker --shadow FILE): counts and examples. Nothing rests on them.
CREATE TABLE mentord.shadow_candidate (
    sha256 bytea PRIMARY KEY CHECK (octet_length(sha256) = 32),
    name text NOT NULL,
    version text NOT NULL,
    first_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE mentord.shadow_count (
    candidate bytea NOT NULL,
    rulebook bytea NOT NULL, -- decided
    progress_id bigint NOT NULL,
    outcome smallint NOT NULL, -- mentor.v1.Outcome
    candidate_outcome smallint NOT NULL, -- 0: the candidate could not decide
    decided bigint NOT NULL,
    diverged bigint NOT NULL, -- of them: another outcome, finding or frame
    granted_ore bigint NOT NULL, -- of those approved
    candidate_ore bigint NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (candidate, rulebook, progress_id, outcome, candidate_outcome)
) WITH (fillfactor = 50);

-- The newest only (src/pg/sql/shadow_prune.sql): mentord replay whatif makes the whole list.
CREATE TABLE mentord.shadow_divergence (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    candidate bytea NOT NULL,
    rulebook bytea NOT NULL,
    progress_id bigint NOT NULL,
    source_offset bigint NOT NULL,
    application_id uuid NOT NULL,
    version bigint NOT NULL,
    evaluated_at_ms bigint NOT NULL,
    outcome smallint NOT NULL,
    candidate_outcome smallint NOT NULL,
    rules text NOT NULL, -- found, in their order
    candidate_rules text NOT NULL,
    granted_ore bigint NOT NULL,
    candidate_ore bigint NOT NULL
);

GRANT SELECT ON mentord.shadow_candidate, mentord.shadow_count, mentord.shadow_divergence TO mentord_worker, mentord_reader;
GRANT INSERT ON mentord.shadow_candidate TO mentord_worker;
GRANT INSERT, UPDATE ON mentord.shadow_count TO mentord_worker;
GRANT INSERT, DELETE ON mentord.shadow_divergence TO mentord_worker;
