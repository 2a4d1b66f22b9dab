-- For chronicle_cases, since COPY takes no parameters: $1 from and $2 before this time; $3 from and $4 before this citizen, in hex.
SELECT set_config('mentord.from_ms', $1::text, true), set_config('mentord.to_ms', $2::text, true),
    set_config('mentord.citizen_from', $3::text, true), set_config('mentord.citizen_to', $4::text, true);
