//! Stopping scans: a handle that says so and a signal that tells.

use plumb_model::value::Reason;
use tokio::sync::watch;

/// Stops scans.
#[derive(Debug)]
pub struct StopHandle(watch::Sender<Option<Reason>>);

/// Tells whether a scan is to stop.
#[derive(Clone, Debug)]
pub struct StopSignal(watch::Receiver<Option<Reason>>);

impl StopHandle {
    /// A handle and the signal it gives.
    pub fn new() -> (Self, StopSignal) {
        let (sender, receiver) = watch::channel(None);
        (Self(sender), StopSignal(receiver))
    }

    /// Tells all scans that watch the signal to stop; what they have not read becomes unreadable for that reason.
    pub fn stop(&self, reason: Reason) {
        self.0.send_if_modified(|state| {
            let first = state.is_none();
            if first {
                *state = Some(reason);
            }
            first
        });
    }
}

impl StopSignal {
    /// Why to stop; `None` to go on.
    pub fn reason(&self) -> Option<Reason> {
        *self.0.borrow()
    }

    /// Waits until it is time to stop; for ever when nobody can say so any more.
    pub async fn stopped(&self) -> Reason {
        let mut receiver = self.0.clone();
        match receiver
            .wait_for(Option::is_some)
            .await
            .ok()
            .and_then(|reason| *reason)
        {
            Some(reason) => reason,
            None => std::future::pending().await,
        }
    }
}
