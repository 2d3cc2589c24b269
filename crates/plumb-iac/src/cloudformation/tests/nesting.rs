//! Nested stacks.
