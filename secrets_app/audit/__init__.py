"""The audit log: how events are written, chained in blocks, verified, exported and pruned."""
