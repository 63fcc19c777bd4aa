//! What a person or a tool sees. Decides nothing.
