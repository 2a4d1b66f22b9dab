-- What every session of ours sets. Statements are few, prepared once and led by arrays: a generic plan of nested index
-- look-ups is always the right one, also when the plan is made while the tables are still empty; and it takes row
-- locks in the order of the arrays.
SELECT set_config('plan_cache_mode', 'force_generic_plan', false),
    set_config('enable_seqscan', 'off', false),
    set_config('enable_bitmapscan', 'off', false),
    set_config('enable_hashjoin', 'off', false),
    set_config('enable_mergejoin', 'off', false),
    set_config('jit', 'off', false),
    set_config('work_mem', '64MB', false),
    set_config('search_path', '', false),
    set_config('row_security', 'off', false), -- rows that a policy would hide are an error, not left out
    set_config('statement_timeout', '60s', false),
    set_config('idle_in_transaction_session_timeout', '60s', false);
