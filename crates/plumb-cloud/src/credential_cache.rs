//! `CredentialCache`: credentials shared by concurrent requests and refreshed before they expire.

use std::fmt;
use std::time::{Duration, Instant, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use tokio::sync::Mutex;

use crate::credential_failure::explain;

/// Credentials are refreshed when they have less than this to live.
const REFRESH_BEFORE_EXPIRY: Duration = Duration::from_secs(5 * 60);
/// The provider is not asked again sooner than this while the credentials it gave are alive or after it failed.
const PAUSE_BETWEEN_ATTEMPTS: Duration = Duration::from_secs(15);

/// Credentials of one identity.
pub(crate) struct CredentialCache {
    provider: SharedCredentialsProvider,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    current: Option<Credentials>,
    attempted: Option<Instant>,
    failure: String,
}

impl CredentialCache {
    /// A cache that asks `provider` at the first request.
    #[cfg(test)]
    pub(crate) fn new(provider: SharedCredentialsProvider) -> Self {
        Self {
            provider,
            state: Mutex::new(State::default()),
        }
    }

    /// A cache that begins with credentials that `provider` has just given.
    pub(crate) fn starting_with(provider: SharedCredentialsProvider, credentials: Credentials) -> Self {
        let state = State {
            current: Some(credentials),
            attempted: Some(Instant::now()),
            failure: String::new(),
        };
        Self {
            provider,
            state: Mutex::new(state),
        }
    }

    /// Credentials that are valid now; the error is a message for people.
    pub(crate) async fn credentials(&self) -> Result<Credentials, String> {
        // Holding the lock while the provider is asked makes concurrent requests share one refresh.
        let mut state = self.state.lock().await;
        let left = state
            .current
            .as_ref()
            .map(|current| time_left(current, SystemTime::now()));
        if let (Some(current), Some(left)) = (&state.current, left)
            && left > REFRESH_BEFORE_EXPIRY
        {
            return Ok(current.clone());
        }
        let usable = state
            .current
            .clone()
            .filter(|_| left.is_some_and(|left| left > Duration::ZERO));
        let pausing = state
            .attempted
            .is_some_and(|at| at.elapsed() < PAUSE_BETWEEN_ATTEMPTS);
        if pausing {
            if let Some(current) = usable {
                return Ok(current);
            }
            if !state.failure.is_empty() {
                return Err(state.failure.clone());
            }
        }
        let result = self.provider.provide_credentials().await;
        state.attempted = Some(Instant::now());
        match result {
            Ok(fresh) => {
                state.failure.clear();
                state.current = Some(fresh.clone());
                Ok(fresh)
            }
            Err(error) => {
                state.failure = explain(&error);
                tracing::debug!(error = %state.failure, "credentials cannot be refreshed");
                usable.ok_or_else(|| state.failure.clone())
            }
        }
    }
}

impl fmt::Debug for CredentialCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CredentialCache").finish_non_exhaustive()
    }
}

/// So that the credentials of one session can assume the role of another.
impl ProvideCredentials for CredentialCache {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async move {
            self.credentials().await.map_err(CredentialsError::provider_error)
        })
    }
}

fn time_left(credentials: &Credentials, now: SystemTime) -> Duration {
    match credentials.expiry() {
        Some(expiry) => expiry.duration_since(now).unwrap_or(Duration::ZERO),
        None => Duration::MAX,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// Gives credentials with the lifetimes listed, then fails; counts how often it was asked.
    #[derive(Debug)]
    struct Scripted {
        lifetimes: Vec<u64>,
        asked: Arc<AtomicU32>,
    }

    impl ProvideCredentials for Scripted {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            future::ProvideCredentials::new(async move {
                let turn = self.asked.fetch_add(1, Ordering::SeqCst) as usize;
                tokio::task::yield_now().await;
                let lifetime = self
                    .lifetimes
                    .get(turn)
                    .ok_or_else(|| CredentialsError::not_loaded("gone"))?;
                let expiry = SystemTime::now() + Duration::from_secs(*lifetime);
                Ok(Credentials::new(
                    format!("AK{turn}"),
                    "secret",
                    None,
                    Some(expiry),
                    "test",
                ))
            })
        }
    }

    fn scripted(lifetimes: &[u64]) -> (CredentialCache, Arc<AtomicU32>) {
        let asked = Arc::new(AtomicU32::new(0));
        let provider = Scripted {
            lifetimes: lifetimes.to_vec(),
            asked: Arc::clone(&asked),
        };
        (
            CredentialCache::new(SharedCredentialsProvider::new(provider)),
            asked,
        )
    }

    #[tokio::test]
    async fn concurrent_requests_share_one_refresh() {
        let (cache, asked) = scripted(&[3600]);
        let (a, b, c) = tokio::join!(cache.credentials(), cache.credentials(), cache.credentials());
        for credentials in [a, b, c] {
            assert_eq!(credentials.unwrap().access_key_id(), "AK0");
        }
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn expired_credentials_are_replaced_and_a_failure_is_not_repeated_at_once() {
        let (cache, asked) = scripted(&[0, 0]);
        assert_eq!(cache.credentials().await.unwrap().access_key_id(), "AK0");
        assert_eq!(cache.credentials().await.unwrap().access_key_id(), "AK1");
        for _ in 0..3 {
            assert!(cache.credentials().await.unwrap_err().contains("gone"));
        }
        assert_eq!(asked.load(Ordering::SeqCst), 3);
    }

    #[tokio::test]
    async fn short_lived_credentials_are_used_until_they_expire() {
        let (cache, asked) = scripted(&[60]);
        for _ in 0..3 {
            assert_eq!(cache.credentials().await.unwrap().access_key_id(), "AK0");
        }
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn debug_shows_no_secret() {
        let (cache, _) = scripted(&[3600]);
        cache.credentials().await.unwrap();
        assert!(!format!("{cache:?}").contains("secret"));
    }
}
