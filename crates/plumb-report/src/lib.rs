//! Reports as terminal text, HTML, JSON, CSV, SARIF, JUnit, OCSF and Markdown.
