-- $1 batch, $2 before this one: for chronicle_decisions, since COPY takes no parameters.
SELECT set_config('mentord.batch', $1::text, true), set_config('mentord.batch_end', $2::text, true);
