//! A generated estate to try Plumb on and to measure it with.
