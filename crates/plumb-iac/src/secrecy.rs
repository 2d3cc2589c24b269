//! `Secrecy`: what becomes of values that their author marks as secret.

/// What becomes of values that are marked as sensitive or ephemeral.
///
/// Whatever is shown is made of code that keeps them. That it is read a second time with them revealed decides verdicts,
/// and nothing else of that reading leaves it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Secrecy {
    /// They are unknown.
    #[default]
    Kept,
    /// They are what they are.
    Revealed,
}
