//! analyze: a pure function from snapshot and packs to report.
