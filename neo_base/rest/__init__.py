"""The conventions of the API: strict JSON in, problem documents out, pages, field types, OpenAPI additions."""
