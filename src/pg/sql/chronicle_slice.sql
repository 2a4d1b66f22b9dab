-- For chronicle_cases, since COPY takes no parameters: $1 from and $2 before this time, $3 slice of $4 slices, $5 of 16,777,216 parts of the citizens.
SELECT set_config('mentord.from_ms', $1::text, true), set_config('mentord.to_ms', $2::text, true),
    set_config('mentord.slice', $3::text, true), set_config('mentord.slices', $4::text, true),
    set_config('mentord.sample', $5::text, true);
