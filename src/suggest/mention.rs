//! What a text says that may be an address.

/// A possible host name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mention {
    /// As written.
    pub(super) host: String,
    /// The port behind it.
    pub(super) port: Option<u16>,
    /// What makes it an address.
    pub(super) form: Form,
    /// Where it starts in the text.
    pub(super) offset: usize,
}

/// How good the evidence is, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Form {
    /// The authority of a URL.
    Url,
    /// The whole value of a key that announces an address, or the argument of a program that connects.
    Announced,
    /// With a port behind it, in a text that announces nothing.
    WithPort,
    /// A word that is an address only if its form says so.
    Word,
}
