"""Writes cases for the test `oracle`: what botocore makes of generated parameters and answers.

Arguments: a folder with an unpacked botocore, a file with lines `service:Operation`, a seed.
Output: one JSON object per line.
"""

import base64
import datetime
import json
import random
import re
import sys
from xml.sax.saxutils import escape, quoteattr

sys.path.insert(0, sys.argv[1])
import botocore.loaders  # noqa: E402
import botocore.model  # noqa: E402
import botocore.parsers  # noqa: E402
import botocore.serialize  # noqa: E402

LOADER = botocore.loaders.Loader(include_default_search_paths=False, extra_search_paths=[sys.argv[1] + "/botocore/data"])
RANDOM = random.Random(int(sys.argv[3]))
TEXTS = ["a", "plain text", "<&>\"'", "é漢", "a/b c+d%", "{x}", "$key", "0"]
DEPTH = 5


def generate(shape, depth, place):
    """A value for a shape; `place` tells which restrictions apply."""
    kind = shape.type_name
    if kind == "structure":
        if shape.is_document_type:
            return {"a": [1, "b", None, {"$c": True}]}
        if shape.is_tagged_union:
            names = [RANDOM.choice(sorted(shape.members))]
        else:
            required = set(shape.required_members)
            names = [n for n in sorted(shape.members) if n in required or (depth < DEPTH and RANDOM.random() < 0.7)]
        return {n: generate(shape.members[n], depth + 1, place_of(shape.members[n], place)) for n in names}
    if kind == "list":
        count = RANDOM.randint(1, 2) if depth < DEPTH else 0
        return [generate(shape.member, depth + 1, place) for _ in range(count)]
    if kind == "map":
        keys = RANDOM.sample(["k1", "K-2", "k.3"], RANDOM.randint(1, 2)) if depth < DEPTH else []
        return {k: generate(shape.value, depth + 1, place) for k in sorted(keys)}
    if kind in ("integer", "long"):
        return RANDOM.choice([0, 1, -7, 65535, 2**31 - 1])
    if kind in ("float", "double"):
        return RANDOM.choice([0.5, -2.25, 1024.125])
    if kind == "boolean":
        return RANDOM.choice([True, False])
    if kind == "timestamp":
        return datetime.datetime.fromtimestamp(RANDOM.randint(10**8, 2 * 10**9), datetime.timezone.utc)
    if kind == "blob":
        return RANDOM.choice([b"bytes", b"\x00\xff\xfe"])
    if place == "label":
        return RANDOM.choice(["abc", "x-1"])
    if place in ("header", "uri"):
        return RANDOM.choice(["abc", "a b", "x-1"])
    return RANDOM.choice(TEXTS)


def place_of(shape, place):
    location = shape.serialization.get("location")
    if shape.serialization.get("hostLabel"):
        return "label"
    if location in ("header", "headers"):
        return "header"
    return location or place


def plain(value):
    """A value as JSON: timestamps as RFC 3339, bytes as base64."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode()
    return value


def scalar_text(shape, value, default):
    if shape.type_name == "timestamp":
        form = (shape.serialization.get("timestampFormat") or default).lower()
        if form == "rfc822":
            return value.strftime("%a, %d %b %Y %H:%M:%S GMT")
        return str(int(value.timestamp())) if form == "unixtimestamp" else value.strftime("%Y-%m-%dT%H:%M:%S.000Z")
    if shape.type_name == "boolean":
        return "true" if value else "false"
    if shape.type_name == "blob":
        return base64.b64encode(value).decode()
    return str(value)


def xml(shape, value, name):
    kind, serialization = shape.type_name, shape.serialization
    if kind == "structure":
        attributes, body = "", ""
        for key, member_value in value.items():
            member = shape.members[key]
            if member.serialization.get("location"):
                continue
            wire = member.serialization.get("name", key)
            if member.serialization.get("xmlAttribute"):
                attributes += f' xmlns:{wire.split(":")[0]}="urn:x" {wire}={quoteattr(member_value)}'
            elif member.type_name == "list" and member.serialization.get("flattened"):
                item = member.member.serialization.get("name", wire)
                body += "".join(xml(member.member, v, item) for v in member_value)
            elif member.type_name == "map" and member.serialization.get("flattened"):
                body += "".join(entry(member, k, v, wire) for k, v in member_value.items())
            else:
                body += xml(member, member_value, wire)
        return f"<{name}{attributes}>\n {body}</{name}>"
    if kind == "list":
        item = shape.member.serialization.get("name", "member")
        return f"<{name}>" + "".join(xml(shape.member, v, item) for v in value) + f"</{name}>"
    if kind == "map":
        return f"<{name}>" + "".join(entry(shape, k, v, "entry") for k, v in value.items()) + f"</{name}>"
    return f"<{name}>{escape(scalar_text(shape, value, 'iso8601'))}</{name}>"


def entry(shape, key, value, name):
    key_name = shape.key.serialization.get("name", "key")
    value_name = shape.value.serialization.get("name", "value")
    return f"<{name}>{xml(shape.key, key, key_name)}{xml(shape.value, value, value_name)}</{name}>"


def body_of(protocol, shape, value, operation):
    if protocol in ("query", "ec2"):
        wrapper = shape.serialization.get("resultWrapper")
        name = operation.name + "Response"
        if wrapper:
            return f"<{name} xmlns=\"urn:x\">{xml(shape, value, wrapper)}<ResponseMetadata/></{name}>".encode()
        return xml(shape, value, name).encode()
    payload = shape.serialization.get("payload")
    if payload:
        if payload not in value:
            return None
        shape, value, name = shape.members[payload], value[payload], payload
        if shape.type_name == "blob":
            return value
        if shape.type_name == "string":
            return value.encode()
        name = shape.serialization.get("name", name)
    else:
        name = operation.name + "Result"
        value = {k: v for k, v in value.items() if "location" not in shape.members[k].serialization}
    if protocol == "rest-xml":
        return xml(shape, value, name).encode()
    if protocol == "smithy-rpc-v2-cbor":
        out = bytearray()
        botocore.serialize.SERIALIZERS[protocol]()._serialize_data_item(out, value, shape)
        return bytes(out)
    out = {}
    botocore.serialize.SERIALIZERS["json"]()._serialize(out, value, shape, "x")
    return json.dumps(out["x"]).encode()


def case(service, model, protocol, name, key):
    operation = model.operation_model(key)
    made = {"service": service, "operation": name}
    shape = operation.input_shape
    given = generate(shape, 0, "body") if shape is not None else {}
    for member in (shape.members if shape is not None else {}):
        serialization = shape.members[member].serialization
        if serialization.get("location") == "uri" and member not in given:
            given[member] = generate(shape.members[member], 0, "uri")
    given = dict(sorted(given.items()))
    request = botocore.serialize.create_serializer(protocol, include_validation=False).serialize_to_request(given, operation)
    body = request["body"]
    if isinstance(body, dict):
        made["form"] = {k: str(v) for k, v in body.items()}
    elif body:
        made["body"] = base64.b64encode(body).decode()
    query = [
        [k, str(v)]
        for k, values in (request["query_string"] or {}).items()
        for v in (values if isinstance(values, list) else [values])
    ]
    made |= {"input": plain(given), "method": request["method"], "path": request["url_path"], "query": query}
    made["headers"] = {k.lower(): v for k, v in request["headers"].items()}
    made["host_prefix"] = request.get("host_prefix") or ""

    shape = operation.output_shape
    if shape is not None:
        answer = generate(shape, 0, "body")
        headers = {"x-amzn-requestid": "r"}
        for member, value in answer.items():
            serialization = shape.members[member].serialization
            if serialization.get("location") == "header" and not serialization.get("jsonvalue"):
                headers[serialization.get("name", member).lower()] = scalar_text(shape.members[member], value, "rfc822")
            elif serialization.get("location") == "headers":
                for k, v in value.items():
                    headers[serialization.get("name", "").lower() + k.lower()] = v
        body = body_of(protocol, shape, answer, operation)
        if body is not None:
            response = {"status_code": 200, "headers": botocore.compat.HTTPHeaders(), "body": body, "context": {}}
            for k, v in headers.items():
                response["headers"][k] = v
            parsed = None
            payload = shape.serialization.get("payload")
            if payload and shape.members[payload].type_name == "blob":
                parsed = {payload: body}
                response["body"] = b""
                others = botocore.parsers.create_parser(protocol)
                rest = {}
                others._parse_non_payload_attrs(response, shape, shape.members, rest)
                parsed |= rest
            else:
                parsed = botocore.parsers.create_parser(protocol).parse(response, shape)
            parsed.pop("ResponseMetadata", None)
            made["response"] = {"headers": headers, "body": base64.b64encode(body).decode(), "parsed": plain(parsed)}
    return made


def main():
    services = {}
    for line in open(sys.argv[2], encoding="utf-8"):
        service, name = line.strip().split(":")
        services.setdefault(service, []).append(name)
    for service, names in services.items():
        model = botocore.model.ServiceModel(LOADER.load_service_model(service, "service-2"), service)
        protocols = model.metadata.get("protocols", [])
        protocol = "json" if "json" in protocols else model.metadata["protocol"]
        keys = {re.sub(r"\d{4}_\d\d_\d\d$", "", key): key for key in model.operation_names}
        for name in names:
            try:
                print(json.dumps(case(service, model, protocol, name, keys[name])))
            except Exception as error:
                raise RuntimeError(f"{service}:{name}") from error


main()
