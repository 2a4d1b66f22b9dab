-- $1 batch, $2 before this one, and what is selected of them: $3 evaluated then or later, $4 and before, $5 partition or -1, $6 first offset, $7 last offset,
-- $8 application or '', $9 '' when that is all of them. For chronicle_decisions, since COPY takes no parameters.
SELECT set_config('mentord.batch', $1::text, true), set_config('mentord.batch_end', $2::text, true),
    set_config('mentord.from_ms', $3::text, true), set_config('mentord.to_ms', $4::text, true),
    set_config('mentord.partition', $5::text, true), set_config('mentord.offset_first', $6::text, true),
    set_config('mentord.offset_last', $7::text, true), set_config('mentord.application', $8::text, true),
    set_config('mentord.selected', $9::text, true);
