"""`make test-failover`: two nodes of the site on a cluster of three PostgreSQL, under load, through many faults."""
