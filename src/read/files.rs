//! Paths to texts: the only file of the library that does I/O.

use crate::diag::{Code, Finding, Findings};
use crate::source::{SourceOrigin, SourceText};
#[cfg(unix)]
use crate::threads::both;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
#[cfg(unix)]
use std::{io::Seek as _, os::unix::fs::FileExt as _};

/// Longer texts are refused before they are read: offsets are 32 bits wide.
pub const LARGEST_INPUT: u64 = u32::MAX as u64 - 1;

/// The files of a directory that kustomize takes for its own.
const KUSTOMIZATION_FILES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Reads the texts that the paths name, in their order (`DESIGN.md` 1.4 rule 11): files, directories, and `-` or no path at all
/// for `stdin`.
///
/// Of a directory and those below it, the files `*.yaml`, `*.yml` and `*.json` are read in path order. What is hidden (`.git`,
/// the `..data` of mounted ConfigMaps) is skipped, and so are Kptfiles, which describe packages and never go to a cluster. Links
/// to files are followed; a link to a directory is a warning, so there are no loops. Pipes and devices are errors there. A file
/// that several paths lead to is read once. What cannot be read, or is not UTF-8, is an error and does not keep the rest from being read.
pub fn read(paths: &[PathBuf], stdin: &mut dyn Read) -> (Vec<SourceText>, Findings) {
    read_outside(None, paths, stdin)
}

/// Like [`read`], without what is in one directory: that which the output goes to.
pub fn read_outside(skipped: Option<&Path>, paths: &[PathBuf], stdin: &mut dyn Read) -> (Vec<SourceText>, Findings) {
    let skipped = skipped.and_then(|directory| fs::canonicalize(directory).ok());
    let mut reader = Reader { skipped, ..Reader::default() };
    if paths.is_empty() {
        reader.stdin(stdin);
    }
    for path in paths {
        if path.as_os_str() == "-" {
            reader.stdin(stdin);
        } else if path.is_dir() {
            reader.directory(path);
        } else {
            reader.file(path);
        }
    }
    (reader.sources, reader.findings)
}

#[derive(Default)]
struct Reader {
    sources: Vec<SourceText>,
    findings: Findings,
    /// Canonical paths of the files that were read.
    seen: BTreeSet<PathBuf>,
    /// Canonical path of a directory that is not looked into.
    skipped: Option<PathBuf>,
}

impl Reader {
    fn stdin(&mut self, stdin: &mut dyn Read) {
        match read_up_to_limit(stdin, 0) {
            Ok(bytes) => self.add(SourceOrigin::Stdin, bytes),
            Err(error) => self.fault(format!("standard input cannot be read: {error}"), None),
        }
    }

    fn file(&mut self, path: &Path) {
        let bytes = fs::canonicalize(path).and_then(|canonical| {
            let is_new = self.seen.insert(canonical);
            if is_new { fs::File::open(path).and_then(|file| read_file(file, 1)).map(Some) } else { Ok(None) }
        });
        match bytes {
            Ok(Some(bytes)) => self.add(SourceOrigin::File(path.to_owned()), bytes),
            Ok(None) => {}
            Err(error) => self.fault(format!("{} cannot be read: {error}", path.display()), None),
        }
    }

    fn add(&mut self, origin: SourceOrigin, bytes: impl Into<Cow<'static, [u8]>>) {
        match SourceText::decode(origin.clone(), bytes) {
            Ok(source) => self.sources.push(source),
            Err(error) => self.fault(format!("{origin} is not UTF-8 text: {error}"), error.help()),
        }
    }

    /// Walks without recursion: the depth of a tree is the user's.
    fn directory(&mut self, root: &Path) {
        let mut files = Vec::new();
        let mut pending = vec![root.to_owned()];
        while let Some(directory) = pending.pop() {
            if self.skipped.is_some() && fs::canonicalize(&directory).ok() == self.skipped {
                continue;
            }
            let entries = fs::read_dir(&directory).and_then(Iterator::collect::<Result<Vec<_>, _>>);
            match entries {
                Ok(entries) => self.entries(&directory, entries, &mut files, &mut pending),
                Err(error) => self.fault(format!("{} cannot be read: {error}", directory.display()), None),
            }
        }
        files.sort_unstable();
        for file in files {
            self.file(&file);
        }
    }

    fn entries(
        &mut self,
        directory: &Path,
        mut entries: Vec<fs::DirEntry>,
        files: &mut Vec<PathBuf>,
        pending: &mut Vec<PathBuf>,
    ) {
        entries.sort_unstable_by_key(fs::DirEntry::file_name);
        let mut has_kustomization = false;
        let first_pending = pending.len();
        for entry in entries {
            let name = entry.file_name();
            let path = entry.path();
            has_kustomization |= KUSTOMIZATION_FILES.iter().any(|file| name == *file);
            if name.as_encoded_bytes().starts_with(b".") {
                continue;
            }
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                pending.push(path);
            } else if path.is_dir() {
                let message = format!("{} is a link to a directory, which is not followed", path.display());
                let help = "name the directory itself on the command line if it belongs to the input";
                self.findings.push(Finding::new(Code::DirectoryLink, None, message).with_help(help));
            } else if has_manifest_extension(&path) {
                let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
                if !is_file && fs::metadata(&path).is_ok_and(|metadata| !metadata.is_file()) {
                    let help = "move it out of the directory, or name it on the command line if it is to be read";
                    // A pipe that nobody writes to would be waited for without end. Named on the command line it is read.
                    self.fault(format!("{} is not a regular file", path.display()), Some(help));
                } else {
                    files.push(path);
                }
            }
        }
        // The last one is taken first.
        pending.get_mut(first_pending..).unwrap_or_default().reverse();
        if has_kustomization {
            let message =
                format!("{} has a kustomization file; its manifests are read as they stand", directory.display());
            let help = "run kustomize first and pass on what it prints";
            self.findings.push(Finding::new(Code::KustomizationInput, None, message).with_help(help));
        }
    }

    fn fault(&mut self, message: String, help: Option<&str>) {
        let mut finding = Finding::new(Code::InvalidInput, None, message);
        finding.help = help.map(str::to_owned);
        self.findings.push(finding);
    }
}

/// Everything in an open file, from where it is at. Large files are read by two threads if there may be so many.
///
/// # Errors
/// Those of the file, and that it is larger than [`LARGEST_INPUT`].
pub fn read_file(mut file: fs::File, threads: usize) -> io::Result<Cow<'static, [u8]>> {
    let metadata = file.metadata()?;
    if metadata.len() > LARGEST_INPUT {
        return Err(too_large());
    }
    let size = usize::try_from(metadata.len()).unwrap_or_default();
    if threads > 1 && metadata.is_file() && size >= LARGE {
        return read_halves(&mut file, size);
    }
    read_up_to_limit(&mut file, size).map(Cow::Owned)
}

/// Files of this size are read by two threads: it is the copying that takes time.
const LARGE: usize = 8_000_000;

/// The rest of a file from where it is at; of `size` bytes in all when that was asked for.
#[cfg(unix)]
fn read_halves(file: &mut fs::File, size: usize) -> io::Result<Cow<'static, [u8]>> {
    let start = file.stream_position()?;
    let bytes = room(size.saturating_sub(usize::try_from(start).unwrap_or(usize::MAX)))?;
    let (first, second) = bytes.split_at_mut(bytes.len() / 2);
    let middle = start + first.len() as u64;
    let shared = &*file;
    let read = both(|| shared.read_exact_at(first, start), || shared.read_exact_at(second, middle));
    if !matches!(read, Ok((Ok(()), Ok(())))) {
        // Somebody changed the file, or no thread can be had: it is read as a stream.
        return read_up_to_limit(file, size).map(Cow::Owned);
    }
    file.seek(io::SeekFrom::Start(start + bytes.len() as u64))?;
    let added = read_up_to_limit(file, 0)?;
    if added.is_empty() {
        return Ok(Cow::Borrowed(bytes));
    }
    let all = [bytes, added.as_slice()].concat();
    if all.len() as u64 > LARGEST_INPUT { Err(too_large()) } else { Ok(Cow::Owned(all)) }
}

/// Zeroes that stay for the life of the process, as its input does. Large pages are asked for: that many small ones take the system
/// longer to hand out than to fill.
///
/// # Errors
/// Where there is not so much memory.
#[cfg(target_os = "linux")]
fn room(length: usize) -> io::Result<&'static mut [u8]> {
    let map = Box::leak(Box::new(memmap2::MmapMut::map_anon(length)?));
    // Without them everything works the same.
    let _ = map.advise(memmap2::Advice::HugePage);
    Ok(map)
}

/// Zeroes that stay for the life of the process, as its input does.
#[cfg(all(unix, not(target_os = "linux")))]
fn room(length: usize) -> io::Result<&'static mut [u8]> {
    Ok(vec![0; length].leak())
}

#[cfg(not(unix))]
fn read_halves(file: &mut fs::File, size: usize) -> io::Result<Cow<'static, [u8]>> {
    read_up_to_limit(file, size).map(Cow::Owned)
}

/// Everything that a stream has to give, which is about `size` bytes, unless it is more than [`LARGEST_INPUT`].
fn read_up_to_limit(stream: &mut dyn Read, size: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(size);
    stream.take(LARGEST_INPUT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST_INPUT { Err(too_large()) } else { Ok(bytes) }
}

fn too_large() -> io::Error {
    io::Error::other("it is larger than 4 GiB")
}

fn has_manifest_extension(path: &Path) -> bool {
    let extension = path.extension().unwrap_or_default();
    ["yaml", "yml", "json"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}
