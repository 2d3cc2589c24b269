//! Planner and executor: from selected policies to the calls they need, and from calls to a snapshot.
//!
//! [`Plan::new`] derives from policies which resource types and which of their facts are needed, and nothing else;
//! [`calls::list`] says which calls that means. [`Collector::collect`] makes them over a [`Transport`] and returns
//! the snapshot of one account: whatever could not be read is in it as unreadable, with the reason and the missing
//! permission, and in its coverage.

mod account;
mod assemble;
mod caller;
pub mod calls;
mod circuit;
mod facts;
mod failure;
mod gaps;
mod joined;
mod limiter;
mod listing;
mod needs;
mod options;
mod plan;
pub mod progress;
pub mod rehearsal;
mod related;
mod stop;
pub mod transport;
mod work;

pub use account::{Collector, Regions};
pub use options::Options;
pub use plan::{Plan, PlanError, TypePlan};
pub use stop::{StopHandle, StopSignal};
pub use transport::{BoxFuture, Transport, TransportError};
