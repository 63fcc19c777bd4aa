//! `render`: manifests in, manifests with labels and policies out, as one stream or as files.

use crate::compile::{Settings, add_verdicts, compile};
use crate::diag::{Code, Finding, Findings};
use crate::outcome::Outcome;
use crate::read::stream;
use crate::source::{SourceId, SourceText};
use crate::write::files::ManifestFile;
use crate::{verify, write};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// `render`: manifests in, the complete manifest stream out (`DESIGN.md` 1.4 rule 12). A failing run has no output.
///
/// `sources` are in output order; an `EnforceIntents` in one of them is the functionConfig.
#[must_use]
pub fn render(sources: Vec<SourceText>, settings: Settings) -> Outcome {
    let (mut package, mut findings) = stream::read_with(sources, None, settings.lane);
    let compiled = compile(&mut package, settings);
    add_verdicts(&compiled, &mut findings);
    let mut output = None;
    if !findings.has_errors() {
        match write::manifest_stream(&package, &compiled.plan) {
            Ok(written) => {
                findings.0.extend(verify::output::verify(&package, &compiled.plan, &compiled.config, &written).0);
                if has_no_content(&written.text) {
                    nothing_to_render(&mut findings);
                }
                output = Some(written.text).filter(|_| !findings.has_errors());
            }
            Err(faults) => findings.0.extend(faults.0),
        }
    }
    Outcome { output, findings, package }
}

/// `render -o`: like [`render`], as files. `source_files` has the relative paths of the sources that are files.
///
/// A failing run has no files. See [`write::files::manifest_files`] for what goes where.
#[must_use]
pub fn render_files(
    sources: Vec<SourceText>,
    source_files: &BTreeMap<SourceId, PathBuf>,
    settings: Settings,
) -> (Vec<ManifestFile>, Outcome) {
    let (mut package, mut findings) = stream::read_with(sources, None, settings.lane);
    let compiled = compile(&mut package, settings);
    add_verdicts(&compiled, &mut findings);
    let mut files = Vec::new();
    if !findings.has_errors() {
        match write::files::manifest_files(&package, &compiled.plan, &compiled.config, source_files) {
            Ok(written) => {
                findings.0.extend(verify::output::verify_files(&package, &compiled.plan, &written).0);
                if written.iter().all(|file| has_no_content(&file.text)) {
                    nothing_to_render(&mut findings);
                }
                files = written;
            }
            Err(faults) => findings.0.extend(faults.0),
        }
    }
    if findings.has_errors() {
        files.clear();
    }
    (files, Outcome { output: None, findings, package })
}

/// Whether a stream has nothing but comments, blank lines and marks of documents.
fn has_no_content(stream: &str) -> bool {
    stream.trim_start_matches('\u{feff}').lines().all(|line| {
        let content = line.strip_prefix("---").or_else(|| line.strip_prefix("...")).unwrap_or(line).trim();
        content.is_empty() || content.starts_with('#')
    })
}

/// Argo CD prunes an application whose plugin succeeds with an empty stream.
fn nothing_to_render(findings: &mut Findings) {
    // That intents are missing among nothing is no news.
    findings.0.retain(|finding| finding.code != Code::NoClientIntents);
    findings.push(
        Finding::new(Code::EmptyInput, None, "nothing would be left to apply")
            .with_help("name files or directories with manifests, or pipe a stream in"),
    );
}
