"""Validates rendered reports against the schemas of their publishers.

    cargo run -p plumb-report --example render_samples -- DIR
    python3 crates/plumb-report/tests/validate.py DIR [--sarif-schema sarif-schema-2.1.0.json]

Needs `jsonschema` and `py-ocsf-models` from PyPI; what is missing is skipped aloud. Exit status 1 means a violation.
"""

import argparse
import json
import pathlib
import sys

SCHEMAS = pathlib.Path(__file__).resolve().parent.parent / "schema"


def documents(path):
    text = path.read_text(encoding="utf-8")
    return [json.loads(line) for line in text.split("\n") if line] if path.suffix == ".jsonl" else [json.loads(text)]


def with_schema(paths, schema_path, problems):
    try:
        import jsonschema
    except ImportError:
        print(f"skipped: {schema_path.name}, because the Python package `jsonschema` is missing")
        return
    schema = json.loads(schema_path.read_text(encoding="utf-8"))
    validator = jsonschema.validators.validator_for(schema)(schema)
    for path in paths:
        errors = [error for document in documents(path) for error in validator.iter_errors(document)]
        problems.extend(f"{path.name}: {list(error.path)}: {error.message[:300]}" for error in errors)
        print(f"{path.name}: {len(errors)} violations of {schema_path.name}")


def with_ocsf_models(paths, problems):
    try:
        from py_ocsf_models.events.findings.compliance_finding import ComplianceFinding
    except ImportError:
        print("skipped: OCSF, because the Python package `py-ocsf-models` is missing")
        return
    for path in paths:
        events = documents(path)[0]
        for event in events:
            try:
                ComplianceFinding.model_validate(event)
            except ValueError as error:
                problems.append(f"{path.name}: {str(error)[:300]}")
        print(f"{path.name}: {len(events)} OCSF events read")


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("folder", type=pathlib.Path)
    arguments.add_argument("--sarif-schema", type=pathlib.Path)
    arguments = arguments.parse_args()
    problems = []
    reports = sorted(arguments.folder.glob("*.json"))
    ocsf = [path for path in reports if path.name.endswith(".ocsf.json")]
    paths = [path for path in reports if path.name.endswith("-paths.json")]
    others = [path for path in reports if path.name.endswith(".gitlab.json")]
    whole = [path for path in reports if path not in ocsf and path not in paths and path not in others]
    with_schema(whole, SCHEMAS / "report-1.schema.json", problems)
    with_schema(paths, SCHEMAS / "paths-1.schema.json", problems)
    with_schema(sorted(arguments.folder.glob("*.jsonl")), SCHEMAS / "report-line-1.schema.json", problems)
    with_ocsf_models(ocsf, problems)
    if arguments.sarif_schema:
        with_schema(sorted(arguments.folder.glob("*.sarif")), arguments.sarif_schema, problems)
    else:
        print("skipped: SARIF, because no `--sarif-schema` was given")
    print("\n".join(problems), file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
