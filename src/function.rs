//! The KRM function: a ResourceList in, the same with labels, policies and results out.

use crate::compile::{Compiled, Settings, add_verdicts, compile};
use crate::config::Config;
use crate::diag::Findings;
use crate::model::world::World;
use crate::outcome::Outcome;
use crate::plan::Plan;
use crate::read::package::Package;
use crate::read::prune::needed_to_compile;
use crate::read::resource_list;
use crate::write::edit::EditSet;
use crate::{report, verify, write};
use std::borrow::Cow;

/// What a run of the KRM function gives: the edits of its input instead of a second text.
#[derive(Clone, Debug, Default)]
pub struct Edited {
    /// What to change in the input. `None` when nothing may be printed.
    pub edits: Option<EditSet>,
    /// Everything found, as in [`Outcome::findings`].
    pub findings: Findings,
    /// What was read; the input is among its sources.
    pub package: Package,
    /// Not needed any more: whoever ends the process need not wait until it is given back.
    _done_with: (World, Plan),
}

impl Edited {
    /// The output, in slices of the input and of the edits. `None` when nothing may be printed.
    #[must_use]
    pub fn slices(&self) -> Option<impl Iterator<Item = &str>> {
        let source = self.package.sources.get(self.package.resource_list?.source.0 as usize)?;
        Some(self.edits.as_ref()?.slices(&source.text))
    }
}

/// The KRM function: one ResourceList in, one out (`DESIGN.md` 1.1, `spec/krm.md` 3).
///
/// A failing run returns the input unchanged with `results` where the envelope could be read, else no output.
#[must_use]
pub fn process(input: impl Into<Cow<'static, [u8]>>, settings: Settings) -> Outcome {
    let edited = edit(input, settings);
    let output = edited.slices().map(Iterator::collect);
    Outcome { output, findings: edited.findings, package: edited.package }
}

/// Like [`process`], but the output is not put together: nothing of the input is copied.
#[must_use]
pub fn edit(input: impl Into<Cow<'static, [u8]>>, settings: Settings) -> Edited {
    let (mut package, mut findings) = match resource_list::read_with(input, Some(needed_to_compile), settings.lane) {
        Ok(read) => read,
        Err(findings) => return Edited { findings, ..Edited::default() },
    };
    let compiled = compile(&mut package, settings);
    add_verdicts(&compiled, &mut findings);
    let Compiled { config, world, plan, .. } = compiled;
    let edits = finish(&package, &plan, &config, &mut findings);
    Edited { edits, findings, package, _done_with: (world, plan) }
}

/// The edits that carry the plan out, read again and found right; those that only tell the findings if there is an error among them.
fn finish(package: &Package, plan: &Plan, config: &Config, findings: &mut Findings) -> Option<EditSet> {
    if !findings.has_errors() {
        let results = report::krm::results(package, findings);
        match write::resource_list_edits(package, plan, config, &results) {
            Ok(edits) => {
                findings.0.extend(verify::output::verify_edits(package, plan, config, &edits).0);
                if !findings.has_errors() {
                    return Some(edits);
                }
            }
            Err(faults) => findings.0.extend(faults.0),
        }
    }
    let results = report::krm::results(package, findings);
    write::resource_list_edits(package, &Plan::default(), config, &results).ok()
}
