//! Links of pages lead to files and headings that are there.

use crate::{read, repository};
use std::path::{Component, Path, PathBuf};

/// Folders that are not the project's text.
const OTHERS: [&str; 5] = ["target", "tmp", ".git", ".tools", "corpus"];

/// Every Markdown file of the repository, as a path below it.
pub(crate) fn markdown_files() -> Vec<String> {
    let mut files = Vec::new();
    let mut folders = vec![repository().to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            let is_folder = entry.file_type().unwrap().is_dir();
            if is_folder && !OTHERS.contains(&name.as_str()) {
                folders.push(entry.path());
            } else if !is_folder && name.ends_with(".md") {
                files.push(entry.path().strip_prefix(repository()).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    files.sort();
    files
}

#[test]
fn every_link_leads_somewhere() {
    let mut faults = Vec::new();
    let mut count = 0;
    for name in markdown_files() {
        for link in links(&read(&name)) {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            count += 1;
            let (file, heading) = link.split_once('#').unwrap_or((link.as_str(), ""));
            let target = if file.is_empty() { PathBuf::from(&name) } else { beside(&name, file) };
            if !repository().join(&target).exists() {
                faults.push(format!("{name}: {link} is not there"));
            } else if !heading.is_empty() && !anchors(&read(target.to_str().unwrap())).contains(&heading.to_owned()) {
                faults.push(format!("{name}: {link} has no such heading"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(count > 50, "{count} links");
}

/// Targets of `[text](target)`, outside of blocks.
fn links(page: &str) -> Vec<String> {
    let text: String = page.split("```").step_by(2).collect();
    text.split("](").skip(1).filter_map(|rest| Some(rest.split_once(')')?.0.to_owned())).collect()
}

/// The path that a relative link of a page means.
fn beside(page: &str, link: &str) -> PathBuf {
    let mut path = PathBuf::new();
    for part in Path::new(page).parent().unwrap().join(link).components() {
        match part {
            Component::ParentDir => assert!(path.pop(), "{page}: {link} leaves the repository"),
            part => path.push(part),
        }
    }
    path
}

/// The names that GitHub gives the headings of a page.
fn anchors(page: &str) -> Vec<String> {
    let headings = page
        .lines()
        .filter_map(|line| line.trim_start_matches('#').strip_prefix(' ').filter(|_| line.starts_with('#')));
    let name = |heading: &str| -> String {
        let kept =
            heading.chars().filter(|character| character.is_alphanumeric() || matches!(character, ' ' | '-' | '_'));
        kept.map(|character| if character == ' ' { '-' } else { character.to_ascii_lowercase() }).collect()
    };
    headings.map(name).collect()
}
