//! Paths to texts: what is read, in which order, and what is said about the rest.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failing test may panic")]

use enforce_intents::diag::Findings;
use enforce_intents::read::files;
use enforce_intents::source::SourceText;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// An empty directory for one test.
fn directory(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("read_files").join(name);
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).unwrap();
    directory
}

fn write(directory: &Path, name: &str, bytes: impl AsRef<[u8]>) {
    let path = directory.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

/// Origins with the directory as `DIR`.
fn origins(sources: &[SourceText], directory: &Path) -> Vec<String> {
    let directory = directory.display().to_string();
    sources.iter().map(|source| source.origin.to_string().replace(&directory, "DIR")).collect()
}

fn messages(findings: &Findings, directory: &Path) -> Vec<String> {
    let directory = directory.display().to_string();
    let line = |finding: &enforce_intents::diag::Finding| {
        format!("{} {}: {}", finding.severity.as_str(), finding.code.name(), finding.message.replace(&directory, "DIR"))
    };
    findings.0.iter().map(line).collect()
}

#[test]
fn directories_are_read_in_path_order() {
    let root = directory("order");
    for name in [
        "b.yaml",
        "a.yml",
        "c.json",
        "B.YAML",
        "b/z.yaml",
        "b/y/x.yaml",
        "b-c.yaml",
        "notes.txt",
        "Kptfile",
        "yaml",
        ".hidden.yaml",
        ".git/config.yaml",
        "b/..data/d.yaml",
        "b/.yaml",
    ] {
        write(&root, name, format!("# {name}\n"));
    }
    let (sources, findings) = files::read(std::slice::from_ref(&root), &mut &b"unread"[..]);
    assert_eq!(
        origins(&sources, &root),
        ["DIR/B.YAML", "DIR/a.yml", "DIR/b/y/x.yaml", "DIR/b/z.yaml", "DIR/b-c.yaml", "DIR/b.yaml", "DIR/c.json"]
    );
    assert_eq!(sources.iter().find(|source| source.text == "# b/y/x.yaml\n").map(|_| ()), Some(()));
    assert!(findings.0.is_empty(), "{findings:?}");
}

#[test]
fn paths_are_read_as_they_are_named_and_once() {
    let root = directory("named");
    write(&root, "a.yaml", "# a\n");
    write(&root, "d/.hidden", "# hidden\n");
    write(&root, "d/e.yaml", "# e\n");
    symlink(root.join("a.yaml"), root.join("d/link.yaml")).unwrap();
    let paths = ["d/.hidden", "a.yaml", "d", "d/../a.yaml"].map(|name| root.join(name));
    let mut paths = paths.to_vec();
    paths.insert(1, "-".into());
    let (sources, findings) = files::read(&paths, &mut &b"# stdin\n"[..]);
    assert_eq!(origins(&sources, &root), ["DIR/d/.hidden", "<stdin>", "DIR/a.yaml", "DIR/d/e.yaml"]);
    assert!(findings.0.is_empty(), "{findings:?}");

    let (sources, _) = files::read(&[], &mut &b"# stdin\n"[..]);
    assert_eq!(sources.iter().map(|source| &*source.text).collect::<Vec<_>>(), ["# stdin\n"]);
}

#[test]
fn links_are_followed_to_files_only() {
    let root = directory("links");
    write(&root, "a/b.yaml", "# b\n");
    write(&root, "outside.yaml", "# outside\n");
    symlink(&root, root.join("a/loop")).unwrap();
    symlink("self", root.join("a/self")).unwrap();
    symlink("self.yaml", root.join("a/self.yaml")).unwrap();
    symlink("gone.yaml", root.join("a/dangling.yaml")).unwrap();
    symlink("../outside.yaml", root.join("a/c.yaml")).unwrap();
    let (sources, findings) = files::read(&[root.join("a")], &mut &b""[..]);
    assert_eq!(origins(&sources, &root), ["DIR/a/b.yaml", "DIR/a/c.yaml"]);
    assert_eq!(
        messages(&findings, &root),
        [
            "warning directory-link: DIR/a/loop is a link to a directory, which is not followed",
            "error invalid-input: DIR/a/dangling.yaml cannot be read: No such file or directory (os error 2)",
            "error invalid-input: DIR/a/self.yaml cannot be read: Too many levels of symbolic links (os error 40)",
        ]
    );
    // Named on the command line, a link is what it leads to.
    let (sources, findings) = files::read(&[root.join("a/loop/a")], &mut &b""[..]);
    assert_eq!(origins(&sources, &root), ["DIR/a/loop/a/b.yaml", "DIR/a/loop/a/c.yaml"]);
    assert_eq!(findings.0.len(), 3);
}

/// A pipe would be waited for, and `/dev/zero` be read until memory is full.
#[test]
fn devices_in_directories_are_not_read() {
    let root = directory("devices");
    write(&root, "file.yaml", "");
    symlink("/dev/null", root.join("device.yaml")).unwrap();
    let (sources, findings) = files::read(std::slice::from_ref(&root), &mut &b""[..]);
    assert_eq!(origins(&sources, &root), ["DIR/file.yaml"]);
    assert_eq!(messages(&findings, &root), ["error invalid-input: DIR/device.yaml is not a regular file"]);
    let (sources, findings) = files::read(&[root.join("device.yaml")], &mut &b""[..]);
    assert_eq!((sources.len(), findings.0.len()), (1, 0), "named on the command line");
}

#[test]
fn what_cannot_be_read_does_not_hide_the_rest() {
    let root = directory("faults");
    write(&root, "a.yaml", b"# \xC3\x28\n");
    write(&root, "b.yaml", "# b\n");
    write(&root, "c.yaml", b"\xFE\xFF\0#");
    let mut paths = vec![root.join("none.yaml"), root.clone()];
    paths.push("-".into());
    let (sources, findings) = files::read(&paths, &mut &b"\x80"[..]);
    assert_eq!(origins(&sources, &root), ["DIR/b.yaml"]);
    assert_eq!(
        messages(&findings, &root),
        [
            "error invalid-input: DIR/none.yaml cannot be read: No such file or directory (os error 2)",
            "error invalid-input: DIR/a.yaml is not UTF-8 text: byte 0xC3 at offset 2 (line 1, column 3)",
            "error invalid-input: DIR/c.yaml is not UTF-8 text: byte 0xFE at offset 0 (line 1, column 1)",
            "error invalid-input: <stdin> is not UTF-8 text: byte 0x80 at offset 0 (line 1, column 1)",
        ]
    );
    assert_eq!(
        findings.0.get(2).and_then(|finding| finding.help.as_deref()),
        Some("it looks like UTF-16: save it as UTF-8")
    );

    struct Broken;
    impl std::io::Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("the pipe broke"))
        }
    }
    let (sources, findings) = files::read(&[], &mut Broken);
    assert!(sources.is_empty());
    assert_eq!(messages(&findings, &root), ["error invalid-input: standard input cannot be read: the pipe broke"]);
}

#[test]
fn kustomizations_are_mentioned() {
    let root = directory("kustomizations");
    write(&root, "base/kustomization.yaml", "resources: [a.yaml]\n");
    write(&root, "base/a.yaml", "# a\n");
    write(&root, "overlay/Kustomization", "resources: [../base]\n");
    let (sources, findings) = files::read(std::slice::from_ref(&root), &mut &b""[..]);
    assert_eq!(origins(&sources, &root), ["DIR/base/a.yaml", "DIR/base/kustomization.yaml"]);
    assert_eq!(
        messages(&findings, &root),
        [
            "warning kustomization-input: DIR/base has a kustomization file; its manifests are read as they stand",
            "warning kustomization-input: DIR/overlay has a kustomization file; its manifests are read as they stand",
        ]
    );
}

#[test]
fn thousands_of_files_are_fine() {
    let root = directory("many");
    for index in 0..10_000 {
        if index % 100 == 0 {
            fs::create_dir(root.join(format!("{:02}", index / 100))).unwrap();
        }
        fs::write(root.join(format!("{:02}/{index}.yaml", index / 100)), "kind: A\n").unwrap();
    }
    let (sources, findings) = files::read(std::slice::from_ref(&root), &mut &b""[..]);
    assert!(findings.0.is_empty());
    assert_eq!(sources.len(), 10_000);
    fs::remove_dir_all(root).unwrap();
}

/// Large files are read in halves by two threads, from where somebody else left them.
#[test]
fn large_files_are_read_to_the_end_from_where_they_are_at() {
    use std::io::{Read as _, Seek as _, SeekFrom};
    let root = directory("large");
    let bytes: Vec<u8> =
        (0u32..2_300_000).flat_map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    write(&root, "large", &bytes);
    for start in [0, 1, 4_000_001, bytes.len() - 1, bytes.len(), bytes.len() + 5] {
        for threads in [1, 2] {
            let mut file = fs::File::open(root.join("large")).unwrap();
            let mut shared = file.try_clone().unwrap();
            file.seek(SeekFrom::Start(start as u64)).unwrap();
            let read = files::read_file(file, threads).unwrap();
            assert!(read == bytes.get(start..).unwrap_or_default(), "from {start} with {threads} threads");
            // Whoever shares the file finds it read.
            assert_eq!(shared.read(&mut [0; 8]).unwrap(), 0);
        }
    }
    fs::remove_dir_all(root).unwrap();
}
