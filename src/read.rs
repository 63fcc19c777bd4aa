//! Bytes in, resources out: YAML with byte spans, the ResourceList envelope, files.

pub(crate) mod annotations;
mod document;
mod fast;
pub mod files;
mod header;
pub mod lane;
mod layout;
mod line_breaks;
mod locations;
pub mod package;
pub mod parser;
pub mod prune;
pub mod resource_list;
pub mod stream;
mod tabs;
pub mod tree;
mod words;
