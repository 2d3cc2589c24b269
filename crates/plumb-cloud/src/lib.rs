//! Credentials, signing, HTTP and account discovery.
