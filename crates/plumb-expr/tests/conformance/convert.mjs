// Writes the conformance cases of the CEL specification as JSON, for tests/conformance.rs.
//
//   npm pack @bufbuild/cel-spec@0.6.1 && tar -xzf bufbuild-cel-spec-0.6.1.tgz
//   node crates/plumb-expr/tests/conformance/convert.mjs package cel-spec/conformance.json
//   PLUMB_CEL_SPEC=$PWD/cel-spec cargo nextest run -p plumb-expr conformance

import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";

const [packageFolder, output] = process.argv.slice(2);
if (!packageFolder || !output) {
  console.error("usage: node convert.mjs <unpacked package> <output file>");
  process.exit(2);
}
const data = resolve(packageFolder, "dist/cjs/testdata/conformance.js");
const { tests } = createRequire(import.meta.url)(data);

const cases = [];
const walk = (suite, path) => {
  for (const { original } of suite.tests ?? []) {
    cases.push({ ...original, name: [...path, original.name].join("/") });
  }
  for (const inner of suite.suites ?? []) {
    walk(inner, [...path, inner.name]);
  }
};
walk(tests, []);
mkdirSync(dirname(resolve(output)), { recursive: true });
// Doubles are written as text, so that no reader of JSON rounds them.
const exact = (key, value) =>
  key === "doubleValue" && typeof value === "number" ? (Object.is(value, -0) ? "-0" : String(value)) : value;
writeFileSync(output, JSON.stringify(cases, exact, 1) + "\n");
console.log(`${cases.length} cases`);
