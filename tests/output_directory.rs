//! `render -o DIR`: which file gets what, never outside of the directory, and all of it or nothing whatever happens.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a failing test may panic")]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Files by their path.
type Files = BTreeMap<String, String>;

fn directory(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("output_directory").join(name);
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).unwrap();
    directory
}

fn write(directory: &Path, name: &str, text: &str) {
    let path = directory.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Everything below a directory; links as `-> target`.
fn files(directory: &Path) -> Files {
    let mut files = Files::new();
    let mut pending = vec![directory.to_owned()];
    while let Some(path) = pending.pop() {
        for entry in fs::read_dir(&path).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(directory).unwrap().display().to_string();
            if path.is_symlink() {
                files.insert(name, format!("-> {}", fs::read_link(&path).unwrap().display()));
            } else if path.is_dir() {
                pending.push(path);
            } else {
                files.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    files
}

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_enforce-intents"));
    command.env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(work: &Path, arguments: &[&str], stdin: &str) -> Output {
    let mut child = program().args(arguments).current_dir(work).stdin(Stdio::piped()).spawn().unwrap();
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    child.wait_with_output().unwrap()
}

/// Exit code and the last line of stderr; nothing may be on stdout.
fn said(output: &Output) -> (Option<i32>, String) {
    assert_eq!(output.stdout, b"");
    let stderr = String::from_utf8(output.stderr.clone()).unwrap();
    (output.status.code(), stderr.trim_end().lines().last().unwrap_or_default().to_owned())
}

fn deployment(name: &str) -> String {
    format!(
        "# {name}\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: shop}}\nspec:\n  template:\n    metadata:\n      labels:\n        app: {name}   # kept\n    spec: {{containers: []}}\n"
    )
}

const INTENTS: &str = "apiVersion: k8s.otterize.com/v2beta1\nkind: ClientIntents\nmetadata: {name: web, namespace: shop}\nspec: {workload: {name: web}, targets: [{kubernetes: {name: api}}]}\n";
/// What the same run prints as a stream.
fn stream(work: &Path, arguments: &[&str], stdin: &str) -> String {
    let output = run(work, arguments, stdin);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn every_object_goes_to_the_file_that_it_came_from() {
    let work = directory("layout");
    write(&work, "in/web.yaml", &deployment("web"));
    write(&work, "in/more/api.yaml", &format!("---\n{}---\n{INTENTS}", deployment("api")));
    write(&work, "in/Kptfile", "apiVersion: kpt.dev/v1\nkind: Kptfile\nmetadata: {name: p}\n");
    write(
        &work,
        "in/local.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: l, namespace: shop, annotations: {config.kubernetes.io/local-config: \"true\"}}\n",
    );
    write(&work, "in/only-comments.yaml", "# nothing here\n");
    let output = run(&work, &["render", "in", "-o", "out"], "");
    assert_eq!(said(&output), (Some(0), "wrote 3 files to out".to_owned()));
    let written = files(&work.join("out"));
    let names: Vec<&str> = written.keys().map(String::as_str).collect();
    let policy = "shop/networkpolicy_access-to-api-from-shop.yaml";
    assert_eq!(names, ["more/api.yaml", policy, "web.yaml"]);
    // Without the lines that are ours each file is the one that was read.
    for (name, before) in
        [("web.yaml", deployment("web")), ("more/api.yaml", format!("---\n{}---\n{INTENTS}", deployment("api")))]
    {
        let kept: String =
            written[name].split_inclusive('\n').filter(|line| !line.contains("intents.otterize.com/")).collect();
        assert_eq!(kept, before);
        assert_ne!(written[name], before);
    }
    assert!(written[policy].starts_with("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"));
    // Together they are what goes to stdout without `-o`.
    let lines = |text: &str| {
        let mut lines: Vec<String> =
            text.lines().filter(|line| !matches!(*line, "" | "---")).map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let all: Vec<String> =
        written.values().map(String::as_str).collect::<Vec<_>>().join("\n").lines().map(str::to_owned).collect();
    assert_eq!(lines(&all.join("\n")), lines(&stream(&work, &["render", "in"], "")));

    // A second run has nothing to write, and what is there besides stays.
    write(&work, "out/mine.txt", "mine");
    let output = run(&work, &["render", "in", "-o", "out"], "");
    assert_eq!(
        said(&output),
        (Some(0), "wrote 0 files to out, 3 unchanged; 1 other file there left alone, mine.txt first".to_owned())
    );
    write(&work, "in/web.yaml", &deployment("web").replace("# web", "# changed"));
    let output = run(&work, &["render", "in/", "-o", "./out/"], "");
    assert!(said(&output).1.starts_with("wrote 1 file to ./out/, 2 unchanged; "), "{output:?}");
    assert!(fs::read_to_string(work.join("out/web.yaml")).unwrap().starts_with("# changed\n"));
    assert_eq!(files(&work.join("out")).len(), 4);
}

#[test]
fn a_stream_is_taken_apart_by_path_annotation_or_as_kpt_does() {
    let work = directory("stream");
    let placed = |name: &str, path: &str| {
        deployment(name)
            .replace("namespace: shop", &format!("namespace: shop, annotations: {{config.kubernetes.io/path: {path}}}"))
    };
    let input = format!(
        "{}---\n{}---\n{}---\n{INTENTS}",
        placed("web", "apps/all.yaml"),
        deployment("api"),
        placed("db", "apps/all.yaml")
    );
    let output = run(&work, &["render", "-o", "out", "--set", "policyPath=policies/{namespace}.yaml"], &input);
    assert_eq!(said(&output), (Some(0), "wrote 4 files to out".to_owned()));
    let written = files(&work.join("out"));
    let names: Vec<&str> = written.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["apps/all.yaml", "policies/shop.yaml", "shop/clientintents_web.yaml", "shop/deployment_api.yaml"]
    );
    assert_eq!(written["apps/all.yaml"].matches("\n---\n").count(), 1);
    assert!(!written["apps/all.yaml"].contains("config.kubernetes.io/path"));
    assert!(written["shop/deployment_api.yaml"].starts_with("---\n# api\napiVersion"), "{written:?}");
    assert_eq!(written["shop/clientintents_web.yaml"], format!("---\n{INTENTS}"));
    // Members of a list, too.
    let list = format!(
        "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n- {}\n",
        placed("web", "x/y.yaml").trim_end().replace('\n', "\n  ")
    );
    let output = run(&work, &["render", "-o", "list"], &list);
    assert_eq!(said(&output).0, Some(0), "{output:?}");
    assert_eq!(files(&work.join("list")).keys().collect::<Vec<_>>(), ["x/y.yaml"]);
}

#[test]
fn no_annotation_leads_out_of_the_directory() {
    let work = directory("outside");
    write(&work, "kept.yaml", "kept");
    for (path, fault) in [
        ("../kept.yaml", "leads out of the directory"),
        ("a/../../kept.yaml", "leads out of the directory"),
        (&*work.join("kept.yaml").display().to_string(), "is absolute"),
        ("/etc/enforce-intents-test", "is absolute"),
        (".git/hooks/pre-commit", "is hidden"),
        ("'..\\kept.yaml'", "has characters that are not for file names"),
        ("\"a\\0b\"", "has characters that are not for file names"),
        ("a//b", "has an empty part"),
        (".", "is empty"),
    ] {
        for key in ["config.kubernetes.io/path", "internal.config.kubernetes.io/path"] {
            let input = deployment("web")
                .replace("namespace: shop", &format!("namespace: shop, annotations: {{{key}: {path}}}"));
            let output = run(&work, &["render", "-o", "out"], &input);
            let stderr = String::from_utf8(output.stderr.clone()).unwrap();
            assert_eq!(said(&output).0, Some(1), "{path}: {stderr}");
            assert!(
                stderr.contains("error[output-path]: Deployment shop/web: ") && stderr.contains(fault),
                "{path}: {stderr}"
            );
            assert_eq!(files(&work), Files::from([("kept.yaml".to_owned(), "kept".to_owned())]), "{path}");
        }
    }
    let odd = deployment("web").replace("namespace: shop", "namespace: ../..");
    assert_eq!(said(&run(&work, &["render", "-o", "out"], &odd)).0, Some(1));
    let two = format!("{}---\n{}", deployment("web"), deployment("api"))
        .replace("shop}", "shop, annotations: {config.kubernetes.io/path: PATH}}");
    let two = two.replacen("PATH", "a", 1).replacen("PATH", "a/b.yaml", 1);
    let output = run(&work, &["render", "-o", "out"], &two);
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("a would have to be a file and the directory of a/b.yaml"),
        "{output:?}"
    );
    assert_eq!(files(&work).len(), 1);
}

#[test]
fn links_in_the_directory_are_not_followed() {
    let work = directory("links");
    write(&work, "in/a/web.yaml", &deployment("web"));
    write(&work, "in/b.yaml", &deployment("api"));
    write(&work, "elsewhere/b.yaml", "kept");
    for link in ["out/a", "out/b.yaml"] {
        let _ = fs::remove_dir_all(work.join("out"));
        fs::create_dir(work.join("out")).unwrap();
        let target = if link == "out/a" { "../elsewhere" } else { "../elsewhere/b.yaml" };
        symlink(target, work.join(link)).unwrap();
        let before = files(&work);
        let output = run(&work, &["render", "in", "-o", "out"], "");
        let expected = format!("error: {link} is a symbolic link: nothing is written through it or over it");
        assert_eq!(said(&output), (Some(1), expected));
        assert_eq!(files(&work), before);
    }
    // The directory itself may be one: the user has named it.
    let _ = fs::remove_dir_all(work.join("out"));
    fs::create_dir(work.join("real")).unwrap();
    symlink("real", work.join("out")).unwrap();
    assert_eq!(said(&run(&work, &["render", "in", "-o", "out"], "")).0, Some(0));
    assert_eq!(files(&work.join("real")).len(), 2);
}

#[test]
fn what_cannot_be_written_leaves_everything_as_it_was() {
    let work = directory("faults");
    write(&work, "in/a.yaml", &deployment("web"));
    write(&work, "in/z/b.yaml", &deployment("api"));
    write(&work, "out/a.yaml", "old\n");
    write(&work, "out/z", "a file where a directory must be\n");
    let before = files(&work);
    let (code, message) = said(&run(&work, &["render", "in", "-o", "out"], ""));
    assert_eq!((code, message.as_str()), (Some(1), "error: out/z is in the way: not a directory"));
    let (code, message) = said(&run(&work, &["render", "in", "-o", "out/a.yaml"], ""));
    assert_eq!((code, message.as_str()), (Some(1), "error: out/a.yaml is not a directory"));
    let (code, message) = said(&run(&work, &["render", "in", "-o", "out/a.yaml/x"], ""));
    assert_eq!(code, Some(1), "{message}");
    // Input that cannot be compiled.
    let (code, _) = said(&run(&work, &["render", "-o", "out"], "a: [\n"));
    assert_eq!(code, Some(1));
    // The input is never overwritten.
    for output in ["in", ".", "in/../in"] {
        let (code, message) = said(&run(&work, &["render", "in", "-o", output], ""));
        assert_eq!(code, Some(2), "{message}");
        assert!(message.contains("holds the input in, which would be lost"), "{message}");
    }
    assert_eq!(files(&work), before);
    // An output directory inside of the input is not input.
    let outputs = ["first", "second"].map(|_| said(&run(&work, &["render", "in", "-o", "in/rendered"], "")));
    assert_eq!(outputs[0], (Some(0), "wrote 2 files to in/rendered".to_owned()));
    assert_eq!(outputs[1], (Some(0), "wrote 0 files to in/rendered, 2 unchanged".to_owned()));
}

/// A limit on the size of files is the full disk that needs no privileges: writing fails in the middle of a file.
#[test]
fn a_full_disk_leaves_everything_as_it_was() {
    let work = directory("full");
    write(&work, "in/a.yaml", &deployment("web"));
    write(&work, "in/b.yaml", &format!("{}# {}\n", deployment("api"), "x".repeat(1 << 20)));
    for exists in [false, true] {
        if exists {
            write(&work, "out/a.yaml", "old a\n");
            write(&work, "out/b.yaml", "old b\n");
        }
        let before = files(&work);
        let script = "trap '' XFSZ; ulimit -f 64; exec \"$0\" render in -o out";
        let program = env!("CARGO_BIN_EXE_enforce-intents");
        let output = Command::new("sh").args(["-c", script, program]).current_dir(&work).output().unwrap();
        let (code, message) = said(&output);
        assert_eq!(code, Some(1), "{message}");
        assert!(message.starts_with("error: out/b.yaml cannot be written: "), "{message}");
        assert_eq!(files(&work), before);
    }
    // And stdout, for what is printed at once and what is printed while it is put together.
    for arguments in
        [&["render", "in"][..], &["list", "in"], &["list", "in", "--explain"], &["diff", "in/a.yaml", "in"]]
    {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = program().args(arguments).current_dir(&work).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let message = format!("\n{}", String::from_utf8_lossy(&output.stderr));
        assert!(message.contains("\nerror: cannot write standard output: "), "{arguments:?}: {output:?}");
    }
}

#[test]
fn what_cannot_be_read_is_an_error_and_loops_end() {
    let work = directory("loops");
    write(&work, "in/a.yaml", &deployment("web"));
    symlink("..", work.join("in/up")).unwrap();
    let output = run(&work, &["render", "in", "-o", "out"], "");
    assert_eq!(said(&output), (Some(0), "wrote 1 file to out".to_owned()));
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("warning[directory-link]: in/up is a link to a directory")
    );
    symlink("y.yaml", work.join("in/x.yaml")).unwrap();
    symlink("x.yaml", work.join("in/y.yaml")).unwrap();
    fs::remove_dir_all(work.join("out")).unwrap();
    let output = run(&work, &["render", "in", "-o", "out"], "");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    for file in ["x", "y"] {
        assert!(stderr.contains(&format!("error[invalid-input]: in/{file}.yaml cannot be read: ")), "{stderr}");
    }
    assert!(!work.join("out").exists());
    // A file of 5 GiB without content takes no room on the disk, and is refused without being read.
    fs::File::create(work.join("large.yaml")).unwrap().set_len(5 << 30).unwrap();
    let (code, message) = said(&run(&work, &["render", "large.yaml", "-o", "out"], ""));
    assert_eq!(code, Some(1), "{message}");
    let output = run(&work, &["render", "large.yaml"], "");
    assert!(String::from_utf8_lossy(&output.stderr).contains("large.yaml cannot be read: it is larger than 4 GiB"));
}

/// Ten thousand files, and the signal that a build gets when somebody stops it.
#[test]
fn a_large_directory_is_written_whole_or_not_at_all() {
    const COUNT: usize = 10_000;
    let work = directory("large");
    for index in 0..COUNT {
        write(&work, &format!("in/{}/{index}.yaml", index % 100), &deployment(&format!("web-{index}")));
    }
    let start = || program().args(["render", "in", "-o", "out"]).current_dir(&work).spawn().unwrap();
    let is_aside = |name: &fs::DirEntry| name.file_name().to_string_lossy().starts_with(".enforce-intents-");
    let mut child = start();
    // The moment is not the same on every machine: what must hold holds at any.
    while child.try_wait().unwrap().is_none() && !fs::read_dir(&work).unwrap().flatten().any(|entry| is_aside(&entry)) {
        std::thread::yield_now();
    }
    let _ = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    let status = child.wait().unwrap();
    assert!(status.signal() == Some(15) || status.success(), "{status}");
    if work.join("out").exists() {
        assert_eq!(files(&work.join("out")).len(), COUNT);
        fs::remove_dir_all(work.join("out")).unwrap();
    }
    let output = start().wait_with_output().unwrap();
    assert_eq!(said(&output), (Some(0), format!("wrote {COUNT} files to out")));
    let written = files(&work.join("out"));
    assert_eq!(written.len(), COUNT);
    assert!(written.iter().all(|(name, text)| {
        let number = Path::new(name).file_stem().unwrap().to_str().unwrap();
        text.contains(&format!("name: web-{number},"))
    }));
    let output = start().wait_with_output().unwrap();
    assert_eq!(said(&output), (Some(0), format!("wrote 0 files to out, {COUNT} unchanged")));
}
