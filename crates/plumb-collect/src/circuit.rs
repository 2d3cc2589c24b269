//! `Circuit`: when a service that answers nothing in a region is given up, so that it holds up nobody.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// Closed as long as a service answers, whatever it answers; open for good once every request has gone unanswered for
/// longer than one is prepared to wait.
///
/// Silence is counted from the first request after the last answer. So one slow operation among others that answer gives
/// nobody up, and a connection that is refused at once does not before its attempts have taken that long together.
#[derive(Debug)]
pub(crate) struct Circuit {
    patience: Duration,
    silent_since: Mutex<Option<Instant>>,
    /// Why the service was given up.
    open: watch::Sender<Option<String>>,
}

impl Circuit {
    pub(crate) fn new(patience: Duration) -> Self {
        Self {
            patience,
            silent_since: Mutex::new(None),
            open: watch::Sender::new(None),
        }
    }

    /// Waits until the service is given up, and says why it was.
    pub(crate) async fn opened(&self) -> String {
        let mut open = self.open.subscribe();
        let reason = open.wait_for(Option::is_some).await.ok();
        match reason.and_then(|reason| reason.clone()) {
            Some(reason) => reason,
            // Cannot be: the sender lives as long as `self`, and the condition has just held.
            None => std::future::pending().await,
        }
    }

    /// A request is on its way.
    pub(crate) fn sent(&self) {
        self.lock().get_or_insert_with(Instant::now);
    }

    /// An answer came, be it a refusal.
    pub(crate) fn answered(&self) {
        *self.lock() = None;
    }

    /// No answer came, for this reason.
    pub(crate) fn unanswered(&self, reason: &str) {
        let silent = self.lock().get_or_insert_with(Instant::now).elapsed();
        if silent >= self.patience {
            self.open.send_if_modified(|open| {
                let first = open.is_none();
                if first {
                    *open = Some(format!(
                        "given up after {} s without any answer: {reason}",
                        silent.as_secs()
                    ));
                }
                first
            });
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.silent_since.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given_up(circuit: &Circuit) -> Option<String> {
        circuit.open.borrow().clone()
    }

    async fn pass(seconds: u64) {
        tokio::time::advance(Duration::from_secs(seconds)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn silence_opens_it_and_says_why() {
        let circuit = Circuit::new(Duration::from_secs(20));
        circuit.sent();
        pass(60).await;
        circuit.unanswered("no answer within 60 s");
        assert_eq!(
            given_up(&circuit).as_deref(),
            Some("given up after 60 s without any answer: no answer within 60 s")
        );
        assert_eq!(Some(circuit.opened().await), given_up(&circuit));
    }

    #[tokio::test(start_paused = true)]
    async fn failures_that_come_quickly_open_it_only_after_long() {
        let circuit = Circuit::new(Duration::from_secs(20));
        for _ in 0..4 {
            circuit.sent();
            pass(5).await;
            assert_eq!(given_up(&circuit), None);
            circuit.unanswered("reset");
        }
        assert!(given_up(&circuit).is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_to_anything_ends_the_silence() {
        let circuit = Circuit::new(Duration::from_secs(20));
        circuit.sent();
        pass(59).await;
        circuit.answered();
        circuit.sent();
        pass(1).await;
        circuit.unanswered("no answer within 60 s");
        assert_eq!(given_up(&circuit), None);
    }
}
