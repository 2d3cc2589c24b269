//! Recipes, policies and frameworks: formats, schemas, lint and inline tests.
