//! Tests of whole templates: what is evaluated, where it stands, and what is told.
