//! Tests of whole templates: what is evaluated, where it stands, and what is told.

mod connectors;
mod functions;
mod hostile;
mod include;
mod nesting;
mod places;
mod sam;
mod support;
mod websocket;
