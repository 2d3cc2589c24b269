//! What a scan tells about itself while it runs.

/// Something happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The scan will read this many pieces; a piece is one resource type in one region.
    Planned {
        /// Number of pieces.
        pieces: u64,
    },
    /// One piece is done.
    PieceDone {
        /// For example `aws_s3_bucket`.
        resource_type: String,
        /// Region, or `global`.
        region: String,
        /// How many resources were found.
        resources: usize,
    },
    /// A request was sent.
    Requested,
    /// The cloud refused a request for load.
    Throttled,
    /// Something could not be read.
    Missed,
}

/// Whoever shows progress; called from many tasks, must not block.
pub trait Progress: Send + Sync {
    /// Something happened.
    fn event(&self, event: Event);
}

/// Shows nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn event(&self, _event: Event) {}
}
