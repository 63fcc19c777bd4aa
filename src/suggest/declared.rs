//! The calls that intents of the input declare already.

use super::names::Names;
use crate::model::identity::Identity;
use crate::model::intent::TargetKind;
use crate::model::place::Place;
use std::collections::{BTreeMap, BTreeSet};

/// Declared calls, each by the identities of the workloads.
pub(super) struct Declared {
    calls: BTreeSet<(Identity, Identity)>,
    services: BTreeSet<(Identity, String, String)>,
    domains: BTreeSet<(Identity, String)>,
    /// Name and place of the ClientIntents of a client as they name it.
    objects: BTreeMap<Identity, (String, Place)>,
}

impl Declared {
    pub(super) fn new(names: &Names<'_>) -> Self {
        let mut declared = Self {
            calls: BTreeSet::new(),
            services: BTreeSet::new(),
            domains: BTreeSet::new(),
            objects: BTreeMap::new(),
        };
        let identity = |index: usize| names.workload(index).map(|workload| workload.identity.clone());
        let all = |indices: Vec<usize>| -> Vec<Identity> { indices.into_iter().filter_map(identity).collect() };
        for intents in &names.world.client_intents {
            declared.objects.entry(intents.client.clone()).or_insert((intents.name.clone(), intents.client_place));
            let clients = all(names.workloads_of(&intents.client));
            for target in &intents.targets {
                let servers = match &target.kind {
                    TargetKind::Workload(server) => all(names.workloads_of(server)),
                    TargetKind::Service(server) => {
                        let key = |client: &Identity| (client.clone(), server.namespace.clone(), server.name.clone());
                        declared.services.extend(clients.iter().map(key));
                        let service = names.service(&server.namespace, &server.name);
                        all(service.map(|service| names.behind(service)).unwrap_or_default())
                    }
                    TargetKind::Internet(internet) => {
                        let domains = internet.domains.iter().map(|(domain, _)| domain.to_ascii_lowercase());
                        let of = |domain: String| clients.iter().map(move |client| (client.clone(), domain.clone()));
                        declared.domains.extend(domains.flat_map(of));
                        Vec::new()
                    }
                    TargetKind::OutOfCluster => Vec::new(),
                };
                declared.add(&clients, &servers);
            }
        }
        for workload in &names.world.workloads {
            for called_by in &workload.called_by {
                let clients = all(names.workloads_of(&called_by.client));
                declared.add(&clients, std::slice::from_ref(&workload.identity));
            }
        }
        declared
    }

    fn add(&mut self, clients: &[Identity], servers: &[Identity]) {
        for client in clients {
            self.calls.extend(servers.iter().map(|server| (client.clone(), server.clone())));
        }
    }

    pub(super) fn has_call(&self, client: &Identity, server: &Identity) -> bool {
        self.calls.contains(&(client.clone(), server.clone()))
    }

    pub(super) fn has_service(&self, client: &Identity, namespace: &str, name: &str) -> bool {
        self.services.contains(&(client.clone(), namespace.to_owned(), name.to_owned()))
    }

    pub(super) fn has_domain(&self, client: &Identity, domain: &str) -> bool {
        self.domains.contains(&(client.clone(), domain.to_owned()))
    }

    /// The ClientIntents that the client has: for its kind, else for its name.
    pub(super) fn existing(&self, client: &Identity) -> Option<(String, Place)> {
        self.objects.get(client).or_else(|| self.objects.get(&client.without_kind())).cloned()
    }
}
