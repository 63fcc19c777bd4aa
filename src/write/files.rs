//! The manifest stream of `render` as files: which document belongs into which.

use super::objects::object_name;
use super::stream::{Targets, dropped, write_texts};
use super::tool_annotations::{LEGACY_PATH, PATH, annotation};
use crate::config::Config;
use crate::diag::{Code, Finding, Findings};
use crate::model::place::ResourceId;
use crate::plan::{Plan, PlannedObject};
use crate::read::package::{Package, Resource};
use crate::source::SourceId;
use crate::write::resource_changes::Changes;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Longer names of files are impossible on most systems.
const LONGEST_FILE_NAME: usize = 255;

/// A file to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestFile {
    /// Where, relative to the output directory. It has neither `..` nor hidden parts, and no other file's path begins with it.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
    /// The objects of the input in it, in their order.
    pub resources: Vec<ResourceId>,
    /// The new objects in it, behind those, as indices of [`Plan::new_objects`].
    pub new_objects: Vec<usize>,
}

/// The manifest stream as files, in path order. An object belongs into
///
/// 1. the file that its path annotation names (kpt's `internal.config.kubernetes.io/path`, or the older one);
/// 2. else the file that it was read from, by `source_files`, which has the relative paths of the sources that are files;
/// 3. else the file that kpt would give it, `<namespace>/<kind>_<name>.yaml`; a new one first that of `policyPath`.
///
/// # Errors
/// `output-path` for every path that does not stay inside, and as for [`super::manifest_stream`].
pub fn manifest_files(
    package: &Package,
    plan: &Plan,
    config: &Config,
    source_files: &BTreeMap<SourceId, PathBuf>,
) -> Result<Vec<ManifestFile>, Findings> {
    let dropped = dropped(package, plan, &Changes::from_plan(package, plan));
    let mut layout =
        Layout { package, source_files, files: Vec::new(), by_path: BTreeMap::new(), findings: Findings::default() };
    let mut targets = Targets::default();
    for (id, resource) in package.iter().filter(|(id, _)| !dropped.contains(id)) {
        let file = layout.file_of_resource(id, resource);
        layout.file(file, |file| file.resources.push(id));
        targets.resources.insert(id, file);
        targets.sources.entry(resource.source).or_insert(file);
    }
    for (index, planned) in plan.new_objects.iter().enumerate() {
        let file = layout.file_of_new_object(planned, config);
        layout.file(file, |file| file.new_objects.push(index));
        targets.new_objects.push(file);
    }
    for (source, path) in source_files {
        targets.sources.insert(*source, layout.file_at(path.clone()));
    }
    layout.check_nesting();
    if layout.findings.has_errors() {
        return Err(layout.findings);
    }
    // Comments that came from no file and have no object beside them are left out, and so are dropped objects.
    let nowhere = layout.files.len();
    for id in (0u32..).map(SourceId).take(package.sources.len()) {
        targets.sources.entry(id).or_insert(nowhere);
    }
    for (id, _) in package.iter() {
        targets.resources.entry(id).or_insert(nowhere);
    }
    let texts = write_texts(package, plan, &targets)?;
    let mut files = layout.files;
    for (file, text) in files.iter_mut().zip(texts) {
        file.text = text;
    }
    files.retain(|file| !file.text.is_empty());
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}

struct Layout<'a> {
    package: &'a Package,
    source_files: &'a BTreeMap<SourceId, PathBuf>,
    files: Vec<ManifestFile>,
    by_path: BTreeMap<PathBuf, usize>,
    findings: Findings,
}

impl Layout<'_> {
    fn file(&mut self, index: usize, change: impl FnOnce(&mut ManifestFile)) {
        if let Some(file) = self.files.get_mut(index) {
            change(file);
        }
    }

    fn file_at(&mut self, path: PathBuf) -> usize {
        *self.by_path.entry(path.clone()).or_insert_with(|| {
            self.files.push(ManifestFile { path, text: String::new(), resources: Vec::new(), new_objects: Vec::new() });
            self.files.len() - 1
        })
    }

    fn file_of_resource(&mut self, id: ResourceId, resource: &Resource) -> usize {
        let root = self.package.node(id);
        let annotated = root.and_then(|root| annotation(root, PATH).or_else(|| annotation(root, LEGACY_PATH)));
        let (path, source) = match (annotated, self.source_files.get(&resource.source)) {
            (Some(path), _) => (path.to_owned(), "its path annotation"),
            (None, Some(file)) => return self.file_at(file.clone()),
            (None, None) => {
                let namespace = resource.namespace.as_deref().unwrap_or_default();
                (path_of(namespace, &resource.kind, &resource.name), "its namespace, kind and name")
            }
        };
        match path_inside(&path) {
            Ok(path) => self.file_at(path),
            Err(fault) => {
                let message = format!("{}: {source} would make it the file {path:?}, which {fault}", resource.title());
                let place = root.map(|root| Package::place(id, root));
                self.findings.push(
                    Finding::new(Code::OutputPath, place, message)
                        .with_help("give it a relative path of visible files, like shop/web.yaml"),
                );
                0
            }
        }
    }

    fn file_of_new_object(&mut self, planned: &PlannedObject, config: &Config) -> usize {
        let name = object_name(&planned.object);
        let path = match &config.policy_path {
            Some(template) => template.replace("{namespace}", &name.namespace).replace("{name}", &name.name),
            None => path_of(&name.namespace, &name.kind, &name.name),
        };
        match path_inside(&path) {
            Ok(path) => self.file_at(path),
            Err(fault) => {
                let message = format!(
                    "{} {}/{} would become the file {path:?}, which {fault}",
                    name.kind, name.namespace, name.name
                );
                self.findings.push(Finding::new(Code::OutputPath, None, message).with_help("set `policyPath`"));
                0
            }
        }
    }

    /// No file can be the directory of another one.
    fn check_nesting(&mut self) {
        let nested = self.by_path.keys().find_map(|path| {
            let above = path.ancestors().skip(1).find(|above| self.by_path.contains_key(*above))?;
            Some((above.to_owned(), path.clone()))
        });
        if let Some((above, path)) = nested {
            let message =
                format!("{} would have to be a file and the directory of {}", above.display(), path.display());
            self.findings
                .push(Finding::new(Code::OutputPath, None, message).with_help("change one of the path annotations"));
        }
    }
}

/// kpt's name for the file of an object; where that would be too long, one file for all of a kind.
fn path_of(namespace: &str, kind: &str, name: &str) -> String {
    let kind = if kind.is_empty() { "object".to_owned() } else { kind.to_lowercase() };
    let file = match format!("{kind}_{name}.yaml") {
        file if name.is_empty() || file.len() > LONGEST_FILE_NAME => format!("{kind}.yaml"),
        file => file,
    };
    if namespace.is_empty() { file } else { format!("{namespace}/{file}") }
}

/// The path in its plain form, if it stays inside of any directory.
fn path_inside(path: &str) -> Result<PathBuf, &'static str> {
    if path.starts_with('/') || Path::new(path).is_absolute() {
        return Err("is absolute");
    }
    if path.contains(|character: char| character == '\\' || character.is_control()) {
        return Err("has characters that are not for file names");
    }
    let mut inside = PathBuf::new();
    for part in path.split('/').filter(|part| *part != ".") {
        match part {
            "" => return Err("has an empty part"),
            ".." => return Err("leads out of the directory"),
            _ if part.starts_with('.') => return Err("is hidden"),
            _ if part.len() > LONGEST_FILE_NAME => return Err("is too long"),
            _ => inside.push(part),
        }
    }
    if inside.as_os_str().is_empty() { Err("is empty") } else { Ok(inside) }
}

#[cfg(test)]
mod tests {
    use super::path_inside;

    #[test]
    fn no_path_leads_out() {
        for (path, inside) in [
            ("a.yaml", Ok("a.yaml")),
            ("./a/./b.yaml", Ok("a/b.yaml")),
            ("a b/ü.yaml", Ok("a b/ü.yaml")),
            ("a..b/c...yaml", Ok("a..b/c...yaml")),
            ("..", Err("leads out of the directory")),
            ("a/../../b.yaml", Err("leads out of the directory")),
            ("a/../b.yaml", Err("leads out of the directory")),
            ("/etc/passwd", Err("is absolute")),
            ("a//b.yaml", Err("has an empty part")),
            ("a/", Err("has an empty part")),
            ("", Err("has an empty part")),
            (".", Err("is empty")),
            (".git/config", Err("is hidden")),
            ("a/.hidden", Err("is hidden")),
            ("..\\b.yaml", Err("has characters that are not for file names")),
            ("a\0b", Err("has characters that are not for file names")),
            ("a\n.yaml", Err("has characters that are not for file names")),
        ] {
            assert_eq!(path_inside(path), inside.map(Into::into), "{path:?}");
        }
        assert_eq!(path_inside(&"a".repeat(256)), Err("is too long"));
    }
}
