//! The rule language: parse, type-check, compile, evaluate within a budget, explain.
