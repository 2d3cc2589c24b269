//! `Truth`: the four values in which statements and conditions are answered.

/// Whether something holds for a request of which not everything is given.
///
/// `Depends` means that the open parts of the request decide; `Unknown` means that something which exists
/// could not be read or understood. The two never stand for each other: what depends can be stated as a
/// condition, what is unknown cannot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Truth {
    /// It does not hold, whatever the open parts are.
    #[default]
    False,
    /// It holds, whatever the open parts are.
    True,
    /// The open parts of the request decide.
    Depends,
    /// Something that could not be read decides.
    Unknown,
}

impl Truth {
    /// Both hold.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::False, _) | (_, Self::False) => Self::False,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::Depends, _) | (_, Self::Depends) => Self::Depends,
            (Self::True, Self::True) => Self::True,
        }
    }

    /// At least one holds.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::True, _) | (_, Self::True) => Self::True,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::Depends, _) | (_, Self::Depends) => Self::Depends,
            (Self::False, Self::False) => Self::False,
        }
    }

    /// The first holds, or the second; a stated condition is worth more than an unreadable alternative.
    ///
    /// This is how grants combine: when one grant depends on the request and another could not be read, the
    /// request is allowed at least under the stated condition.
    #[must_use]
    pub fn or_at_least(self, other: Self) -> Self {
        match (self, other) {
            (Self::Depends, Self::Unknown) | (Self::Unknown, Self::Depends) => Self::Depends,
            (left, right) => left.or(right),
        }
    }

    /// Whether it may hold.
    pub fn is_possible(self) -> bool {
        self != Self::False
    }
}

/// The opposite; what depends or is unknown stays so.
impl std::ops::Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::True => Self::False,
            Self::Depends => Self::Depends,
            Self::Unknown => Self::Unknown,
        }
    }
}

impl From<bool> for Truth {
    fn from(holds: bool) -> Self {
        if holds { Self::True } else { Self::False }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Truth; 4] = [Truth::False, Truth::True, Truth::Depends, Truth::Unknown];

    #[test]
    fn the_operations_obey_de_morgan_and_commute() {
        for left in ALL {
            for right in ALL {
                assert_eq!(!left.and(right), (!left).or(!right));
                assert_eq!(left.and(right), right.and(left));
                assert_eq!(left.or_at_least(right), right.or_at_least(left));
            }
        }
    }

    #[test]
    fn unknown_spoils_a_conjunction_and_not_a_grant() {
        assert_eq!(Truth::Depends.and(Truth::Unknown), Truth::Unknown);
        assert_eq!(Truth::Depends.or(Truth::Unknown), Truth::Unknown);
        assert_eq!(Truth::Depends.or_at_least(Truth::Unknown), Truth::Depends);
        assert_eq!(Truth::Unknown.or_at_least(Truth::True), Truth::True);
    }
}
