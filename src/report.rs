//! What a person or a tool sees. Decides nothing.

pub mod krm;
