-- The least that each role needs. All workers log in as mentord_worker itself: a role can end only its own backends,
-- and a take-over must be able to end a frozen owner's.
GRANT USAGE ON SCHEMA mentord TO mentord_worker, mentord_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA mentord TO mentord_worker, mentord_reader;

GRANT INSERT ON mentord.decision, mentord.batch, mentord.rulebook, mentord.quarantine TO mentord_worker;
GRANT INSERT ON mentord.topic, mentord.growth, mentord.progress TO mentord_worker;
GRANT INSERT, UPDATE, DELETE ON mentord.recall TO mentord_worker;
GRANT INSERT, UPDATE ON mentord.application TO mentord_worker;
GRANT INSERT, UPDATE, DELETE ON mentord.citizen TO mentord_worker;
GRANT UPDATE (opened_at) ON mentord.topic TO mentord_worker;
GRANT UPDATE (epoch, next_offset, emitted_offset, seen_offset, evaluated_at_ms, last_offset, last_digest, batch, link, takeovers,
    tried_offset, tries, tried_by, breaker, stopped_at, owner, transactional_id, orphan_ids,
    backend_pid, backend_start, updated_at) ON mentord.progress TO mentord_worker;
GRANT UPDATE (state, why, closed_at, closed_by, redriven_progress_id, redriven_offset, redriven_batch, redriven_index)
    ON mentord.quarantine TO mentord_worker;
GRANT USAGE ON SEQUENCE mentord.batch_id TO mentord_worker;
REVOKE EXECUTE ON FUNCTION mentord.growth_pass(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION mentord.growth_pass(text, text) TO mentord_worker;
REVOKE EXECUTE ON FUNCTION mentord.growth_end(text, text, integer, integer, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION mentord.growth_end(text, text, integer, integer, bigint) TO mentord_worker;
