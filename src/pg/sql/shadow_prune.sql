-- The newest 10,000 stay.
DELETE FROM mentord.shadow_divergence
WHERE id <= (SELECT max(m.id) - 10000 FROM mentord.shadow_divergence m);
