//! Evidence from every family, put together by client and target, and what is noted instead.

use super::declared::Declared;
use super::names::Names;
use super::{Call, CallTarget, Evidence, Suggestion};
use crate::diag::{Code, Finding, Findings};
use crate::model::identity::Identity;
use crate::model::place::Place;
use crate::model::service::Service;
use crate::model::workload::Workload;
use crate::read::package::Package;
use std::collections::{BTreeMap, BTreeSet};

/// Object names may be this long; the rest is for what makes them unique.
const LONGEST_NAME: usize = 240;

/// Collects calls and notes.
pub(super) struct Collector<'n> {
    names: &'n Names<'n>,
    declared: Declared,
    internet: bool,
    clients: BTreeMap<Identity, Client>,
    notes: BTreeMap<(Code, String), Finding>,
}

/// The calls of one client.
struct Client {
    /// Index of its first workload.
    workload: usize,
    calls: BTreeMap<CallTarget, BTreeSet<Evidence>>,
    domains: BTreeMap<String, Domain>,
}

/// A host outside the cluster.
#[derive(Default)]
struct Domain {
    /// `None` stands for an address without port.
    ports: BTreeSet<Option<u16>>,
    evidence: BTreeSet<Evidence>,
}

impl<'n> Collector<'n> {
    pub(super) fn new(names: &'n Names<'n>, internet: bool) -> Self {
        let declared = Declared::new(names);
        Self { names, declared, internet, clients: BTreeMap::new(), notes: BTreeMap::new() }
    }

    fn client(&mut self, index: usize) -> Option<&mut Client> {
        let workload = self.names.workload(index)?;
        if workload.identity.name.contains('.') {
            let message = format!("{} has a dot in its name, so intents cannot name it as a client", workload.identity);
            self.note(Code::NotSuggested, message, Some(workload.place));
            return None;
        }
        let client = Client { workload: index, calls: BTreeMap::new(), domains: BTreeMap::new() };
        Some(self.clients.entry(workload.identity.clone()).or_insert(client))
    }

    /// A call from one workload to another, by their indices.
    pub(super) fn call(&mut self, client: usize, server: usize, evidence: Evidence) {
        let names = self.names;
        let (Some(from), Some(to)) = (names.workload(client), names.workload(server)) else { return };
        if self.declared.has_call(&from.identity, &to.identity) {
            return;
        }
        if to.identity.name.contains('.') {
            let message = format!("{} has a dot in its name, so intents cannot name it as a target", to.identity);
            return self.note(Code::NotSuggested, message, Some(to.place));
        }
        if let Some(client) = self.client(client) {
            client.calls.entry(CallTarget::Workload(to.identity.clone())).or_default().insert(evidence);
        }
    }

    /// A call to a Service that selects no workload of the input.
    pub(super) fn call_service(&mut self, client: usize, service: &Service, evidence: Evidence) {
        let Some(from) = self.names.workload(client) else { return };
        if self.declared.has_service(&from.identity, &service.namespace, &service.name) {
            return;
        }
        if service.pod_selector().is_none() || service.ports.is_empty() {
            let lacks = if service.ports.is_empty() { "ports" } else { "selector" };
            let message = format!(
                "{} calls Service {}/{}, which has no {lacks}, so no policy can be made for it ({})",
                from.identity, service.namespace, service.name, evidence.text
            );
            return self.note(Code::NotSuggested, message, evidence.place);
        }
        let target = CallTarget::Service { namespace: service.namespace.clone(), name: service.name.clone() };
        if let Some(client) = self.client(client) {
            client.calls.entry(target).or_default().insert(evidence);
        }
    }

    /// A host outside the cluster: an internet target if they are wanted, else a note.
    pub(super) fn outside(&mut self, client: usize, domain: &str, port: Option<u16>, evidence: Evidence) {
        let Some(from) = self.names.workload(client) else { return };
        if self.declared.has_domain(&from.identity, domain) {
            return;
        }
        if !self.internet {
            let message = format!("{} calls {domain}, which is outside the cluster ({})", from.identity, evidence.text);
            return self.note(Code::OutsideHost, message, evidence.place);
        }
        if let Some(client) = self.client(client) {
            let known = client.domains.entry(domain.to_owned()).or_default();
            known.ports.insert(port);
            known.evidence.insert(evidence);
        }
    }

    /// A workload that knows its own address.
    pub(super) fn own_address(&mut self, client: &Workload, evidence: &Evidence) {
        let message = format!("{} has its own address, which is no call ({})", client.identity, evidence.text);
        self.note(Code::OwnAddress, message, evidence.place);
    }

    /// A workload that calls the API server.
    pub(super) fn api_server(&mut self, client: &Workload, evidence: Evidence) {
        let message = format!(
            "{} calls the API server, which only egress policies keep it from ({})",
            client.identity, evidence.text
        );
        self.note(Code::ApiServerCall, message, evidence.place);
    }

    /// An address in the cluster of something that the input does not have.
    pub(super) fn not_in_input(&mut self, client: &Workload, host: &str, evidence: Evidence) {
        let message = format!("{} calls {host}, which is no Service of the input ({})", client.identity, evidence.text);
        // Manifests without a namespace often belong beside those that have one.
        let elsewhere = self.names.service_elsewhere(host).filter(|service| service.namespace != client.namespace);
        let help = elsewhere.map(|service| {
            format!(
                "Service {}/{host} has that name: if manifests without namespace belong there, set `namespace`",
                service.namespace
            )
        });
        self.note(Code::UnknownHost, message.clone(), evidence.place);
        if let Some(note) = self.notes.get_mut(&(Code::UnknownHost, message)) {
            note.help = help;
        }
    }

    /// A reference to a ConfigMap that the input does not have.
    pub(super) fn missing_config_map(&mut self, client: &Workload, name: &str, place: Place) {
        let message = format!("{} uses ConfigMap {name}, which is not in the input", client.identity);
        self.note(Code::ConfigMapNotFound, message, Some(place));
    }

    /// Something to say instead of a suggestion, once.
    pub(super) fn note(&mut self, code: Code, message: String, place: Option<Place>) {
        let finding = Finding::new(code, place, message.clone());
        self.notes.entry((code, message)).or_insert(finding);
    }

    /// The suggestions by client, and the notes.
    pub(super) fn finish(self, package: &Package) -> (Vec<Suggestion>, Findings) {
        let mut taken: BTreeSet<(String, String)> = self
            .names
            .world
            .client_intents_objects
            .iter()
            .filter_map(|&id| package.resource(id))
            .map(|resource| (resource.namespace.as_deref().unwrap_or_default().to_owned(), resource.name.clone()))
            .collect();
        let mut suggestions = Vec::new();
        for (identity, client) in self.clients {
            let mut calls: Vec<Call> = client
                .calls
                .into_iter()
                .map(|(target, evidence)| Call { target, evidence: evidence.into_iter().collect() })
                .collect();
            calls.extend(client.domains.into_iter().map(|(domain, found)| {
                let ports = if found.ports.contains(&None) {
                    BTreeSet::new()
                } else {
                    found.ports.into_iter().flatten().collect()
                };
                Call { target: CallTarget::Internet { domain, ports }, evidence: found.evidence.into_iter().collect() }
            }));
            if calls.is_empty() {
                continue;
            }
            let manifest = self.names.workload(client.workload).and_then(|own| package.resource(own.resource));
            let namespace = manifest.and_then(|manifest| manifest.namespace.clone());
            let name = object_name(&identity, namespace.as_deref().unwrap_or_default(), &mut taken);
            let existing = self.declared.existing(&identity);
            suggestions.push(Suggestion {
                client: identity,
                name,
                says_namespace: namespace.is_some(),
                existing,
                calls,
            });
        }
        (suggestions, Findings(self.notes.into_values().collect()))
    }
}

/// The client's name as a name of an object that no other ClientIntents of the namespace has.
fn object_name(client: &Identity, namespace: &str, taken: &mut BTreeSet<(String, String)>) -> String {
    let legal = |text: &str| -> String {
        let lower = text.to_ascii_lowercase();
        let name: String =
            lower.chars().map(|one| if one.is_ascii_alphanumeric() || one == '-' { one } else { '-' }).collect();
        name.trim_matches('-').chars().take(LONGEST_NAME).collect()
    };
    let plain = Some(legal(&client.name)).filter(|name| !name.is_empty()).unwrap_or_else(|| "client".to_owned());
    let with_kind = legal(&client.name_with_kind());
    let numbered = (2u32..).map(|number| format!("{with_kind}-{number}"));
    let candidates = [plain, with_kind.clone()].into_iter().chain(numbered);
    candidates
        .filter(|name| !name.is_empty())
        .find(|name| taken.insert((namespace.to_owned(), name.clone())))
        .unwrap_or_default()
}
