"""The conventions of the API: strict JSON, problem documents, pagination, field types, OpenAPI additions."""
