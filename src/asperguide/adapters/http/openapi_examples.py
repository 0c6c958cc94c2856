"""An example for every body: what its controller gave, or else one made from the schema."""

from typing import Any

FORMATS = {
    "uuid": "0199b0e2-7d1c-7c3e-9a57-5f2b8d6e4a10",
    "date": "2026-01-19",
    "date-time": "2026-01-19T10:30:00Z",
    "date-time-local": "2026-01-19T10:30:00",
    "email": "ann@example.org",
    "uri": "https://example.org",
}
NAMES = {
    "email": "ann@example.org",
    "login": "ann@example.org",
    "username": "ann",
    "full_name": "Ann O'Neil",
    "password": "correct horse battery staple",
    "locale": "en",
    "time_zone": "Europe/Paris",
    "title": "Tour",
    "avatar": f"/api/v1/users/{FORMATS['uuid']}/avatar/5d41402abc4b2a76b9719d911017c592/{{size}}",
}
PLAIN: dict[str, Any] = {"string": "text", "integer": 1, "number": 1.5, "boolean": True, "null": None}
DEEPEST = 6


def example_of(schema: dict[str, Any], components: dict[str, Any], name: str = "", depth: int = 0) -> Any:
    """A value that the schema describes, as far as types, bounds and names tell; patterns are not understood."""
    if "$ref" in schema:
        schema = components[schema["$ref"].rpartition("/")[2]]
    for key in ("examples", "enum"):
        if schema.get(key):
            return schema[key][0]
    if "const" in schema:
        return schema["const"]
    for key in ("anyOf", "oneOf", "allOf"):
        if schema.get(key):
            return example_of(schema[key][0], components, name, depth)
    if depth > DEEPEST:
        return None
    if isinstance(schema.get("type"), list):
        schema = {**schema, "type": schema["type"][0]}
    if schema.get("type") == "object":
        properties = schema.get("properties", {})
        return {key: example_of(value, components, key, depth + 1) for key, value in properties.items()}
    if schema.get("type") == "array":
        items = schema.get("items")
        return [example_of(items, components, name, depth + 1)] if items else []
    return _scalar(schema, name)


def _scalar(schema: dict[str, Any], name: str) -> Any:
    kind = schema.get("type", "null")
    if kind == "string":
        text = FORMATS.get(schema.get("format", "")) or next((NAMES[key] for key in NAMES if key in name), PLAIN[kind])
        return text[: schema.get("maxLength", len(text))].ljust(schema.get("minLength", 0), "x")
    if kind in ("integer", "number"):
        return max(schema.get("minimum", 1), min(PLAIN[kind], schema.get("maximum", PLAIN[kind])))
    return PLAIN.get(kind)
