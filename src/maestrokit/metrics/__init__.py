"""How performances are scored: one file a metric, each citing its source."""
