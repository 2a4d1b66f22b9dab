-- After chronicle_planner: as they lie.
COPY (SELECT c.ref, c.seq, c.state FROM mentord.citizen c) TO STDOUT (FORMAT binary);
