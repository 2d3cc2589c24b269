//! The knowledge that is compiled into the binary.

/// Paths below the knowledge folder and texts of all its YAML files, recorded answers excepted; sorted by path.
pub fn builtin_sources() -> &'static [(&'static str, &'static str)] {
    include!(concat!(env!("OUT_DIR"), "/knowledge.rs"))
}

/// The recorded parser events of each of the [`builtin_sources`]; empty for a file that could not be recorded.
pub(crate) fn builtin_events() -> &'static [&'static [u8]] {
    include!(concat!(env!("OUT_DIR"), "/events.rs"))
}
