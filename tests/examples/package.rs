//! The packages of `testdata/examples`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Texts by their path in the package.
pub(crate) type Files = BTreeMap<String, String>;

/// A package with its expectations.
pub(crate) struct Example {
    /// Name of the folder.
    pub(crate) name: String,
    /// The folder.
    pub(crate) folder: PathBuf,
    /// Everything in it but what is expected.
    pub(crate) files: Files,
}

/// A fenced block of a README.
pub(crate) struct Block {
    /// What follows the fence.
    pub(crate) language: String,
    /// The lines between the fences.
    pub(crate) text: String,
    /// Those of the `text` block that follows: what the commands print, among other things.
    pub(crate) printed: String,
}

impl Example {
    /// The folder of all examples.
    pub(crate) fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/examples")
    }

    /// All examples by name.
    pub(crate) fn all() -> Vec<Self> {
        let entries = std::fs::read_dir(Self::root()).unwrap().map(|entry| entry.unwrap());
        let folders = entries.filter(|entry| entry.file_type().unwrap().is_dir());
        let mut names: Vec<String> = folders.map(|folder| folder.file_name().into_string().unwrap()).collect();
        names.sort_unstable();
        names.iter().map(|name| Self::named(name)).collect()
    }

    /// One example.
    pub(crate) fn named(name: &str) -> Self {
        let folder = Self::root().join(name);
        let mut files = Files::new();
        let mut pending = vec![folder.clone()];
        while let Some(next) = pending.pop() {
            for entry in std::fs::read_dir(&next).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    pending.push(path);
                } else {
                    let below = path.strip_prefix(&folder).unwrap().to_str().unwrap();
                    files.insert(below.to_owned(), std::fs::read_to_string(&path).unwrap());
                }
            }
        }
        files.retain(|path, _| !path.starts_with(".expected/"));
        Self { name: name.to_owned(), folder, files }
    }

    /// A file of `.expected`.
    pub(crate) fn expected(&self, file: &str) -> String {
        let path = self.folder.join(".expected").join(file);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// The fenced blocks of the README but those that say what was printed.
    pub(crate) fn blocks(&self) -> Vec<Block> {
        let parts: Vec<&str> = self.files["README.md"].split("```").collect();
        assert!(parts.len() % 2 == 1, "{}: a block is not closed", self.name);
        let mut blocks: Vec<Block> = Vec::new();
        for (language, text) in parts.iter().skip(1).step_by(2).filter_map(|part| part.split_once('\n')) {
            match blocks.last_mut().filter(|_| language == "text") {
                Some(block) => block.printed = text.to_owned(),
                None => {
                    blocks.push(Block { language: language.to_owned(), text: text.to_owned(), printed: String::new() })
                }
            }
        }
        blocks
    }

    /// Whether a script runs instead of kpt.
    pub(crate) fn has_script(&self) -> bool {
        self.folder.join(".expected/exec.sh").exists()
    }
}
