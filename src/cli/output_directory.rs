//! Files below a directory: all of them or none, and never outside of it.
//!
//! Everything is written aside first, next to where it belongs, so that a full disk is met before anything changes. A directory
//! that does not exist yet appears with one renaming. In one that does, each file is replaced with one renaming, and if one of
//! them fails, those before it are taken back. Files that the run does not write are left alone.

use enforce_intents::source::{SourceId, SourceOrigin, SourceText};
use enforce_intents::write::files::ManifestFile;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// The first of the input paths that is the output directory or inside of it.
pub(super) fn input_inside<'p>(directory: &Path, paths: &'p [PathBuf]) -> Option<&'p PathBuf> {
    let directory = fs::canonicalize(directory).ok()?;
    paths.iter().find(|path| fs::canonicalize(path).is_ok_and(|path| path.starts_with(&directory)))
}

/// Where the files among the sources belong: below a directory argument as they are below it, files by their name.
pub(super) fn relative_paths(sources: &[SourceText], arguments: &[PathBuf]) -> BTreeMap<SourceId, PathBuf> {
    let relative = |source: &SourceText| {
        let SourceOrigin::File(path) = &source.origin else { return None };
        let below = arguments.iter().find_map(|argument| path.strip_prefix(argument).ok());
        let below = below.filter(|below| !below.as_os_str().is_empty());
        below.map(Path::to_owned).or_else(|| path.file_name().map(PathBuf::from))
    };
    (0u32..).map(SourceId).zip(sources).filter_map(|(id, source)| Some((id, relative(source)?))).collect()
}

/// Writes the files, and says in one line what was done.
///
/// # Errors
/// One line. Then every file is as it was before.
pub(super) fn write(directory: &Path, files: &[ManifestFile]) -> Result<String, String> {
    match fs::metadata(directory) {
        Ok(found) if found.is_dir() => replace(directory, files),
        Ok(_) => Err(format!("{} is not a directory", directory.display())),
        Err(error) if error.kind() == ErrorKind::NotFound => create(directory, files),
        Err(error) => Err(format!("{} cannot be read: {error}", directory.display())),
    }
}

fn cannot_write(path: &Path) -> impl FnOnce(io::Error) -> String {
    move |error| format!("{} cannot be written: {error}", path.display())
}

/// A hidden directory that goes away with its content, unless it was renamed.
struct Aside(PathBuf);

impl Aside {
    fn create(path: PathBuf) -> Result<Self, String> {
        fs::create_dir(&path).map_err(cannot_write(&path))?;
        Ok(Self(path))
    }

    fn name() -> String {
        format!(".enforce-intents-{}", std::process::id())
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        // What is left of it harms nobody: it is hidden, and nothing in it is named like a manifest.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A directory that does not exist appears as a whole.
fn create(directory: &Path, files: &[ManifestFile]) -> Result<String, String> {
    let parent = directory.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(cannot_write(parent))?;
    let aside = Aside::create(parent.join(Aside::name()))?;
    for file in files {
        let path = aside.0.join(&file.path);
        let shown = directory.join(&file.path);
        path.parent().map_or(Ok(()), fs::create_dir_all).map_err(cannot_write(&shown))?;
        fs::write(&path, &file.text).map_err(cannot_write(&shown))?;
    }
    fs::rename(&aside.0, directory).map_err(cannot_write(directory))?;
    Ok(format!("wrote {} to {}", count(files.len(), "file"), directory.display()))
}

/// A file that has to change.
struct Replacement<'f> {
    file: &'f ManifestFile,
    path: PathBuf,
    /// Its content, written aside.
    new: PathBuf,
    /// Where the old content can be got back from, if there is any.
    old: Option<PathBuf>,
}

/// Files of a directory that exists are replaced one by one.
fn replace(directory: &Path, files: &[ManifestFile]) -> Result<String, String> {
    let root = fs::canonicalize(directory).map_err(cannot_write(directory))?;
    let mut pending = Vec::new();
    for file in files {
        let path = root.join(&file.path);
        let exists = check_way(directory, &root, &file.path)?;
        if !(exists && fs::read(&path).is_ok_and(|old| old == file.text.as_bytes())) {
            pending.push((file, path, exists));
        }
    }
    let others = other_files(&root, files);
    if !pending.is_empty() {
        let aside = Aside::create(root.join(Aside::name()))?;
        let mut replacements = Vec::new();
        for (index, (file, path, exists)) in pending.iter().enumerate() {
            let new = aside.0.join(format!("{index}.new"));
            let shown = directory.join(&file.path);
            fs::write(&new, &file.text).map_err(cannot_write(&shown))?;
            let old = exists.then(|| aside.0.join(format!("{index}.old")));
            if let Some(old) = &old {
                fs::copy(path, old).map_err(cannot_write(&shown))?;
                let permissions = fs::metadata(path).map(|found| found.permissions());
                permissions.and_then(|found| fs::set_permissions(&new, found)).map_err(cannot_write(&shown))?;
            }
            replacements.push(Replacement { file, path: path.clone(), new, old });
        }
        put_in_place(directory, &root, &replacements)?;
    }
    let unchanged = files.len() - pending.len();
    let mut summary = format!("wrote {} to {}", count(pending.len(), "file"), directory.display());
    if unchanged > 0 {
        summary.push_str(&format!(", {unchanged} unchanged"));
    }
    if let Some(first) = others.first() {
        let (number, first) = (count(others.len(), "other file"), first.display());
        summary.push_str(&format!("; {number} there left alone, {first} first"));
    }
    Ok(summary)
}

/// Renames everything to where it belongs, or takes all of it back.
fn put_in_place(directory: &Path, root: &Path, replacements: &[Replacement<'_>]) -> Result<(), String> {
    let mut created = Vec::new();
    for (done, replacement) in replacements.iter().enumerate() {
        let placed = create_directories(root, &replacement.file.path, &mut created)
            .and_then(|()| fs::rename(&replacement.new, &replacement.path));
        if let Err(error) = placed {
            let message = cannot_write(&directory.join(&replacement.file.path))(error);
            for earlier in replacements.iter().take(done).rev() {
                let undone = match &earlier.old {
                    Some(old) => fs::rename(old, &earlier.path),
                    None => fs::remove_file(&earlier.path),
                };
                undone.map_err(cannot_write(&earlier.path))?;
            }
            for directory in created.iter().rev() {
                // One that somebody else put something into stays.
                let _ = fs::remove_dir(directory);
            }
            return Err(message);
        }
    }
    Ok(())
}

fn create_directories(root: &Path, file: &Path, created: &mut Vec<PathBuf>) -> io::Result<()> {
    let mut path = root.to_owned();
    for part in file.parent().into_iter().flat_map(Path::components) {
        path.push(part);
        match fs::create_dir(&path) {
            Ok(()) => created.push(path.clone()),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Whether the file exists, after a look at every step of the way to it: links would lead out of the directory.
fn check_way(directory: &Path, root: &Path, file: &Path) -> Result<bool, String> {
    let mut path = root.to_owned();
    let mut parts = file.components().peekable();
    while let Some(part) = parts.next() {
        path.push(part);
        let shown = || directory.join(path.strip_prefix(root).unwrap_or(&path)).display().to_string();
        let found = match fs::symlink_metadata(&path) {
            Ok(found) => found,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(format!("{} cannot be read: {error}", shown())),
        };
        if found.is_symlink() {
            return Err(format!("{} is a symbolic link: nothing is written through it or over it", shown()));
        }
        match parts.peek() {
            Some(_) if !found.is_dir() => return Err(format!("{} is in the way: not a directory", shown())),
            None if !found.is_file() => return Err(format!("{} is in the way: not a file", shown())),
            _ => {}
        }
    }
    Ok(true)
}

/// The visible files below the directory that are not written, in path order.
fn other_files(root: &Path, files: &[ManifestFile]) -> Vec<PathBuf> {
    let written: BTreeSet<&Path> = files.iter().map(|file| file.path.as_path()).collect();
    let mut others = Vec::new();
    let mut pending = vec![root.to_owned()];
    while let Some(directory) = pending.pop() {
        for entry in fs::read_dir(&directory).into_iter().flatten().flatten() {
            let path = entry.path();
            let Ok(relative) = path.strip_prefix(root) else { continue };
            if entry.file_name().as_encoded_bytes().starts_with(b".") || written.contains(relative) {
                continue;
            }
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                pending.push(path);
            } else {
                others.push(relative.to_owned());
            }
        }
    }
    others.sort_unstable();
    others
}

fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}
