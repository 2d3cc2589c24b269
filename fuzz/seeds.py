#!/usr/bin/env python3
"""Fills corpus/ with the fixtures of the tests, one input a file, for each target what it reads.

Fixtures are taken as they are written: files of Terraform, block scalars of YAML, raw strings of Rust. What they are is told by what
stands in them; a seed that is none of its language does no harm.
"""

import hashlib
import json
import pathlib
import re

FUZZ = pathlib.Path(__file__).resolve().parent
ROOT = FUZZ.parent
CORPUS = FUZZ / "corpus"
MOST = 20_000

RAW = re.compile(r'\br(#*)"(.*?)"\1', re.DOTALL)
SCALAR = re.compile(r"^( *)(?:- )?[\w-]+: \|[-+]?\n((?:\1 +.*\n|\n)+)", re.MULTILINE)


def put(target, *parts):
    """Keeps an input whose files are parted by NUL bytes."""
    data = "\0".join(parts).encode()
    if not data or len(data) > MOST:
        return
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / hashlib.sha1(data).hexdigest()).write_bytes(data)


def dedented(text):
    lines = text.split("\n")
    margin = min((len(line) - len(line.lstrip(" ")) for line in lines if line.strip()), default=0)
    return "\n".join(line[margin:] for line in lines)


def texts():
    """Every fixture that a test has."""
    for path in sorted(ROOT.glob("crates/*/tests/**/*")):
        if path.suffix == ".tf":
            yield path.read_text()
        elif path.suffix in (".yaml", ".yml"):
            for _, scalar in SCALAR.findall(path.read_text()):
                yield dedented(scalar)
    for pattern in ("crates/*/tests/**/*.rs", "crates/*/src/**/*.rs"):
        for path in sorted(ROOT.glob(pattern)):
            for _, text in RAW.findall(path.read_text()):
                if len(text) > 20:
                    yield text


def sort(text):
    """Gives a text to the targets that read what it is."""
    if re.search(r'^\s*(resource|module|locals|variable|data|provider|moved)\b[^\'\n]*\{', text, re.MULTILINE):
        put("code_terraform", text)
        put("code_report", text)
        put("code_corrections", text)
        put("suppressions", text)
        put("changes", "--- a/main.tf\n+++ b/main.tf\n@@ -1,2 +1,3 @@\n x\n+y\n", text)
    if "Resources" in text and "Type" in text:
        put("code_cloudformation", text)
        put("code_corrections", "", text)
        put("code_report", "", "", text)
        put("suppressions", text)
    if "deploymentTemplate" in text or '"resources"' in text:
        put("code_arm", text)
    if re.search(r"^(resource|module|param|var|output) \w+ ", text, re.MULTILINE):
        put("code_bicep", text)
        put("suppressions", text)
    if "apiVersion" in text:
        put("code_kubernetes", text)
        put("code_report", "", "", "", text)
        put("suppressions", text)
    if '"planned_values"' in text or '"terraform_version"' in text:
        put("code_plan", text)
    if re.match(r'\s*\{\s*"(resource|variable|locals|module|provider)"', text):
        put("code_terraform_json", text)
    if ":ignore" in text or "checkov" in text:
        put("suppressions", text)
    if text.startswith(("diff --git", "--- a/")):
        put("changes", text)
    if "MATCH" in text:
        put("graph_queries", text)
    if '"Statement"' in text:
        put("access_policies", text)
    if "resource." in text and "\n" not in text:
        put("rule_language", text)
    if re.search(r"^(policies|resources|frameworks|service):", text, re.MULTILINE):
        put("knowledge_files", text)
    if re.search(r"^(accounts|exceptions|crown_jewels|organization):", text, re.MULTILINE):
        put("estate_files", text)


def more():
    """What no fixture has as one text."""
    api = {
        "openapi": "3.0.1",
        "paths": {
            "/x": {
                "get": {
                    "security": [{"sigv4": []}],
                    "x-amazon-apigateway-auth": {"type": "NONE"},
                    "x-amazon-apigateway-integration": {
                        "type": "aws_proxy",
                        "uri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:111122223333:function:f/invocations",
                    },
                }
            }
        },
    }
    rest = (
        'resource "aws_api_gateway_rest_api" "a" {\n  name = "a"\n'
        '  body = jsonencode(yamldecode(file("${path.module}/api.yaml")))\n}\n'
    )
    put("code_report", rest, json.dumps(api, indent=1))
    put("code_terraform_json", json.dumps({"resource": {"aws_s3_bucket": {"b": {"bucket": "${local.x}"}}}, "locals": {"x": "a"}}))
    put("code_terraform", 'variable "x" {}\nresource "aws_s3_bucket" "b" {\n  bucket = var.x\n}\n', "", 'x = "a"\n')
    put("code_plan", json.dumps({"version": 4, "terraform_version": "1.9.0", "serial": 1, "lineage": "x", "outputs": {}, "resources": [
        {"mode": "managed", "type": "aws_s3_bucket", "name": "b", "provider": 'provider["registry.terraform.io/hashicorp/aws"]',
         "instances": [{"index_key": 0, "schema_version": 0, "attributes": {"bucket": "b", "tags": {"a": "b"}}, "sensitive_attributes": []}]}]}))
    put("code_bicep", "param n string\nresource a 'Microsoft.Storage/storageAccounts@2023-01-01' = {\n  name: n\n}\n", "",
        "using 'main.bicep'\nparam n = 'x'\n")
    driver = {"tool": {"driver": {"name": "Plumb"}}}
    result = {"kind": "fail", "partialFingerprints": {"plumbFinding/v1": "ab"}, "properties": {"accepted": None}}
    put("baselines", json.dumps({"runs": [{**driver, "results": [result]}]}))
    put("baselines", json.dumps({"plumb_baseline": 1, "failures": [{"policy": "p", "address": "a", "fingerprint": "ab"}]}))
    put("baselines", json.dumps({"plumb_report": 1, "accounts": [{"findings": [{"fingerprint": "ab", "verdict": "fail"}]}]}))
    put("baselines", '{"kind":"finding","fingerprint":"ab","verdict":"fail"}\n{"kind":"account"}\n')
    put("snapshots", '{"plumb_snapshot":1,"plumb_version":"0"}\n{"end":{"accounts":0,"resources":0}}\n')
    for service in range(16):
        for operation in (0, 3, 7):
            put("responses", f"{chr(service)}{chr(operation)}\0" + "<R><a>1</a></R>")
            put("responses", f"{chr(service)}{chr(operation)}\0" + '{"a": [{"b": "c"}], "nextToken": "x"}')


def knowledge():
    """The knowledge itself has rules, policies and recipes."""
    for path in sorted((ROOT / "knowledge").glob("aws/*/*.yaml")):
        put("knowledge_files", path.read_text())
    for path in sorted((ROOT / "knowledge").glob("aws/*/policies/*.yaml")):
        text = path.read_text()
        put("knowledge_files", "", "", text)
        for rule in re.findall(r"^  rule: (?:\|[-+]?\n)?((?:.+\n)(?:    .*\n)*)", text, re.MULTILINE):
            put("rule_language", dedented(rule), "{}")


if __name__ == "__main__":
    for found in texts():
        sort(found)
    more()
    knowledge()
    for folder in sorted(CORPUS.iterdir()):
        print(f"{folder.name}: {sum(1 for _ in folder.iterdir())} inputs")
