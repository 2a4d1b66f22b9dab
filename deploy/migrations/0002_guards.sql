-- What the database itself refuses, whoever asks: the owner and a superuser too.

-- Aborts the transaction with an SQLSTATE of our own: MD001 fenced, MD002 stale. src/pg/sqlstate.c reads them.
CREATE FUNCTION mentord.demand(holds boolean, sqlstate_ text, what text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF holds IS NOT TRUE THEN
        RAISE EXCEPTION USING ERRCODE = sqlstate_, MESSAGE = what;
    END IF;
END
$$;

CREATE FUNCTION mentord.refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'MD003',
        MESSAGE = format('%s on mentord.%s is refused: what is stored there is never changed', TG_OP, TG_TABLE_NAME);
END
$$;

CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON mentord.decision
    FOR EACH STATEMENT EXECUTE FUNCTION mentord.refuse_change();
CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON mentord.batch
    FOR EACH STATEMENT EXECUTE FUNCTION mentord.refuse_change();
CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON mentord.rulebook
    FOR EACH STATEMENT EXECUTE FUNCTION mentord.refuse_change();
CREATE TRIGGER never_removed BEFORE DELETE OR TRUNCATE ON mentord.quarantine
    FOR EACH STATEMENT EXECUTE FUNCTION mentord.refuse_change();

-- Puts an old partition's end earlier, to the first record that was placed by the new count. Never later.
CREATE FUNCTION mentord.growth_end(cluster_ text, topic_ text, from_ integer, partition_ integer, offset_ bigint) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
    UPDATE mentord.growth g
    SET ends[partition_ + 1] = offset_
    WHERE g.cluster = cluster_ AND g.topic = topic_ AND g.from_count = from_ AND g.passed_at IS NULL
        AND partition_ BETWEEN 0 AND from_ - 1 AND offset_ >= 0 AND offset_ < g.ends[partition_ + 1];
$$;

-- Opens the new partitions when no old one is behind. Only so does a partition count change, and only upward.
CREATE FUNCTION mentord.growth_pass(cluster_ text, topic_ text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$
    WITH passed AS (
        UPDATE mentord.growth g
        SET passed_at = now()
        WHERE g.cluster = cluster_ AND g.topic = topic_ AND g.passed_at IS NULL
            AND NOT EXISTS (SELECT FROM mentord.growth_behind b WHERE b.cluster = cluster_ AND b.topic = topic_)
        RETURNING g.from_count, g.to_count
    )
    UPDATE mentord.topic t
    SET partition_count = passed.to_count
    FROM passed
    WHERE t.cluster = cluster_ AND t.topic = topic_ AND t.partition_count = passed.from_count;
$$;
