//! `Options`: how hard a scan tries.

use std::time::Duration;

/// How hard a scan tries.
#[derive(Clone, Debug)]
pub struct Options {
    /// Requests under way at once in one account.
    pub concurrency: usize,
    /// Of these, to one service in one region.
    pub concurrency_per_service: usize,
    /// Attempts for a request whose connection or server fails.
    pub attempts: u32,
    /// Attempts for a request that the cloud refuses for load.
    pub throttle_attempts: u32,
    /// How long a service may leave everything in a region unanswered before it is asked nothing more there.
    pub patience: Duration,
    /// Ceiling of the first pause between attempts; later ceilings double.
    pub first_pause: Duration,
    /// The longest pause between attempts.
    pub longest_pause: Duration,
    /// The longest pause between asking for a prepared answer and asking again.
    pub prepare_pause: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            concurrency: 64,
            concurrency_per_service: 16,
            attempts: 4,
            throttle_attempts: 10,
            patience: Duration::from_secs(20),
            first_pause: Duration::from_millis(200),
            longest_pause: Duration::from_secs(20),
            prepare_pause: Duration::from_secs(2),
        }
    }
}
