//! Credentials, signing, HTTP and account discovery for AWS, and transports that record and replay.
//!
//! The only crate that opens connections to clouds. It finds credentials as the AWS CLI does, signs and sends requests
//! that `plumb-api` built, and learns which account and regions the credentials reach. It sends each request once:
//! retries, rate control and deadlines are the collector's.
//!
//! ```no_run
//! use plumb_api::catalog::Catalog;
//! use plumb_cloud::discovery::{discover_account, enabled_regions};
//! use plumb_cloud::http_client::HttpOptions;
//! use plumb_cloud::session::{AwsSession, SessionOptions};
//! use plumb_cloud::transport::AwsTransport;
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let session = AwsSession::open(&SessionOptions::default(), &HttpOptions::from_environment()).await?;
//! let region = session.region().unwrap_or("us-east-1").to_owned();
//! let catalog = Catalog::aws();
//! let transport = AwsTransport::new(session, catalog);
//! let identity = discover_account(&transport, catalog, &region).await?;
//! let regions = enabled_regions(&transport, catalog, &identity.account, &region).await?;
//! println!("{} in {} regions", identity.account.label(), regions.enabled.len());
//! # Ok(())
//! # }
//! ```

mod account_mask;
mod credential_cache;
mod credential_chain;
mod credential_connector;
mod credential_failure;
pub mod discovery;
pub mod discovery_call;
#[cfg(test)]
mod discovery_tests;
pub mod endpoint_override;
pub mod http_client;
mod profile;
pub mod record;
mod recording;
mod region_lists;
pub mod replay;
pub mod role;
pub mod session;
pub mod session_error;
#[cfg(test)]
mod session_tests;
mod signing;
#[cfg(test)]
mod test_server;
pub mod transport;
