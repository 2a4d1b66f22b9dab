SELECT demo FROM mentord.meta;
