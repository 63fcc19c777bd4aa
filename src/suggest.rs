//! Intents that nobody has written yet: what manifests, NetworkPolicies and observed flows already say about who calls whom.
//!
//! A suggestion is a starting point to review, so precision comes before recall: every call has evidence with a place, a name in
//! free text is none, and what looks like an address but is no call is noted instead of suggested.
//!
//! One file per family of evidence: `containers` (env, args, command), `files` (mounted ConfigMaps), `policies`, `flows`. The
//! first two share `scan`, which finds addresses in texts, and `names`, which knows what an address means in a namespace.

mod addresses;
mod collector;
mod comments;
mod containers;
mod declared;
mod files;
mod flow_peers;
mod flows;
mod keys;
mod mention;
mod names;
mod notes;
mod objects;
mod policies;
mod scan;
mod settings_of_pods;
#[cfg(test)]
mod tests;
mod urls;
mod variables;

use crate::config::Config;
use crate::diag::{Code, Finding, Findings};
use crate::model::identity::Identity;
use crate::model::place::Place;
use crate::model::world::World;
use crate::read::package::Package;
use crate::source::SourceText;
use collector::Collector;
use names::Names;
use std::collections::BTreeSet;

/// What suggestions are made from.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Addresses in manifests.
    pub manifests: bool,
    /// What the NetworkPolicies of the input open between workloads.
    pub policies: bool,
    /// Flows that Hubble observed, one JSON object a line.
    pub flows: Vec<SourceText>,
    /// Whether hosts outside the cluster become internet targets; otherwise they are noted.
    pub internet: bool,
}

/// The calls of one client that no intent declares yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// The client.
    pub client: Identity,
    /// `metadata.name` for its ClientIntents: no other object of the namespace has it.
    pub name: String,
    /// Whether the client's manifest says its namespace; if not, the ClientIntents should not either.
    pub says_namespace: bool,
    /// The ClientIntents that the client has already, by name and place: there may be no second one for it.
    pub existing: Option<(String, Place)>,
    /// What it calls, sorted.
    pub calls: Vec<Call>,
}

/// A suggested call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// What is called.
    pub target: CallTarget,
    /// What the call was seen in, at least one.
    pub evidence: Vec<Evidence>,
}

/// What a suggested call goes to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CallTarget {
    /// A workload of the input.
    Workload(Identity),
    /// A Service that selects no workload of the input.
    Service {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// A host outside the cluster.
    Internet {
        /// The host.
        domain: String,
        /// The ports in the addresses; empty if some address has none.
        ports: BTreeSet<u16>,
    },
}

/// Something that a call was seen in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Evidence {
    /// In words: `env CART_ADDR of container web`.
    pub text: String,
    /// Where the input says it; `None` for flows.
    pub place: Option<Place>,
}

/// Suggests intents, sorted by client, and notes what is not suggested and why.
#[must_use]
pub fn suggest(package: &Package, world: &World, config: &Config, options: &Options) -> (Vec<Suggestion>, Findings) {
    let names = Names::new(package, world, config);
    let mut collector = Collector::new(&names, options.internet);
    if options.manifests {
        settings_of_pods::collect(package, config, &names, &mut collector);
        notes::entry_points(&names, &mut collector);
    }
    if options.policies {
        policies::collect(config, &names, &mut collector);
    }
    for source in &options.flows {
        flows::collect(source, &names, &mut collector);
    }
    let (suggestions, mut findings) = collector.finish(package);
    if suggestions.is_empty() {
        findings.push(Finding::new(
            Code::NothingToSuggest,
            None,
            "nothing in the input says of a call that no intent declares",
        ));
    }
    (suggestions, findings)
}
