//! Bytes in, resources out: YAML with byte spans, the ResourceList envelope, files.

pub mod package;
pub mod parser;
pub mod resource_list;
pub mod stream;
pub mod tree;
