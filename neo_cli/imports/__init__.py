"""Files that `neo secrets import` reads: dotenv files, JSON, YAML, and what other tools export."""
