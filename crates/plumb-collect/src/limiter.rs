//! `Limiter`: how many requests to one service in one region may be under way, learnt from its answers.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// Additive increase, multiplicative decrease: every answer widens the window a little, a refusal for load halves it
/// and makes everyone wait.
#[derive(Debug)]
pub(crate) struct Limiter {
    state: Mutex<State>,
    changed: Notify,
    widest: f64,
}

#[derive(Debug)]
struct State {
    window: f64,
    under_way: f64,
    paused_until: Option<Instant>,
    narrowed_at: Option<Instant>,
}

/// The right to have one request under way; given back on drop.
#[derive(Debug)]
pub(crate) struct Permit {
    limiter: Arc<Limiter>,
}

impl Limiter {
    pub(crate) fn new(widest: usize) -> Self {
        let widest = f64::from(u32::try_from(widest.max(1)).unwrap_or(u32::MAX));
        let state = State {
            window: widest.min(8.0),
            under_way: 0.0,
            paused_until: None,
            narrowed_at: None,
        };
        Self {
            state: Mutex::new(state),
            changed: Notify::new(),
            widest,
        }
    }

    /// Waits until a request may be sent.
    pub(crate) async fn acquire(self: &Arc<Self>) -> Permit {
        loop {
            let notified = self.changed.notified();
            let wait = {
                let mut state = self.lock();
                let now = Instant::now();
                match state.paused_until.filter(|until| *until > now) {
                    Some(until) => Some(until),
                    None if state.under_way < state.window => {
                        state.under_way += 1.0;
                        return Permit {
                            limiter: Arc::clone(self),
                        };
                    }
                    None => None,
                }
            };
            match wait {
                Some(until) => tokio::time::sleep_until(until).await,
                None => notified.await,
            }
        }
    }

    /// An answer came: the window grows by one request per window of answers.
    pub(crate) fn answered(&self) {
        let mut state = self.lock();
        state.window = (state.window + 1.0 / state.window).min(self.widest);
        drop(state);
        self.changed.notify_one();
    }

    /// The cloud refused for load: the window halves, at most once per second, and nothing is sent for `pause`.
    pub(crate) fn refused(&self, pause: Duration) {
        let mut state = self.lock();
        let now = Instant::now();
        if state
            .narrowed_at
            .is_none_or(|at| now.duration_since(at) > Duration::from_secs(1))
        {
            state.window = (state.window / 2.0).max(1.0);
            state.narrowed_at = Some(now);
        }
        let until = now + pause;
        if state.paused_until.is_none_or(|paused| paused < until) {
            state.paused_until = Some(until);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.limiter.lock().under_way -= 1.0;
        self.limiter.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_refusal_halves_the_window_once_and_answers_widen_it_again() {
        let limiter = Arc::new(Limiter::new(16));
        limiter.refused(Duration::from_millis(100));
        limiter.refused(Duration::from_millis(100));
        assert_eq!(limiter.lock().window, 4.0);
        for _ in 0..200 {
            limiter.answered();
        }
        assert_eq!(limiter.lock().window, 16.0);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_gets_a_permit_during_a_pause_or_beyond_the_window() {
        let limiter = Arc::new(Limiter::new(1));
        limiter.refused(Duration::from_secs(5));
        let start = Instant::now();
        let first = limiter.acquire().await;
        assert!(start.elapsed() >= Duration::from_secs(5));
        let second = tokio::time::timeout(Duration::from_secs(60), limiter.acquire()).await;
        assert!(second.is_err());
        drop(first);
        assert!(
            tokio::time::timeout(Duration::from_secs(1), limiter.acquire())
                .await
                .is_ok()
        );
    }
}
