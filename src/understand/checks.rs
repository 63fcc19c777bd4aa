//! What is odd about the world as a whole: references to what is not there, and the like (`spec/krm.md` 9).

use super::called_by;
use super::object::Object;
use crate::config::Config;
use crate::diag::suggest::nearest;
use crate::diag::{Code, Finding, Findings};
use crate::groups::Groups;
use crate::model::identity::Identity;
use crate::model::intent::TargetKind;
use crate::model::labels::OUR_PREFIX;
use crate::model::place::{Place, ResourceId};
use crate::model::workload::{IdentitySource, Workload};
use crate::model::world::World;
use crate::threads::{MANY_OBJECTS, at_once, in_parts};
use indexmap::{IndexMap, IndexSet};
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

/// Suggestions are looked for at this many missing names only: each compares the name with all others of its namespace.
const MAX_SUGGESTIONS: usize = 50;

/// Reports what is probably not meant.
pub(super) fn check(objects: &[Object<'_>], config: &Config, world: &World, threads: usize, findings: &mut Findings) {
    let asks_for_policies = !world.client_intents_objects.is_empty()
        || !world.protected_services.is_empty()
        || world.workloads.iter().any(|workload| workload.template_annotations.contains_key(called_by::ANNOTATION));
    if asks_for_policies {
        report_missing_namespaces(objects, config, world, findings);
    } else if !config.allow_empty {
        findings.push(
            Finding::new(
                Code::NoClientIntents,
                None,
                "the input has no ClientIntents, so no call is allowed by policy",
            )
            .with_help("if there should be some, look for a selector of kpt or kustomize that hides them"),
        );
    }
    let for_both = if objects.len() < MANY_OBJECTS { 1 } else { threads };
    let (duplicates, references) =
        at_once(for_both, || duplicates(objects, world), || references(world, threads / for_both));
    findings.0.extend(duplicates.0);
    findings.0.extend(references.0);
    report_unused_settings(objects, config, world, findings);
}

/// Objects without a namespace: it is part of every identity, so a wrong guess makes policies that select nothing.
fn report_missing_namespaces(objects: &[Object<'_>], config: &Config, world: &World, findings: &mut Findings) {
    if config.namespace.is_some() {
        return;
    }
    if objects.iter().all(|object| object.says_namespace) {
        return;
    }
    let read: BTreeSet<ResourceId> = (world.workloads.iter().map(|workload| workload.resource))
        .chain(world.services.iter().map(|service| service.resource))
        .chain(world.client_intents.iter().map(|intents| intents.resource))
        .chain(world.protected_services.iter().map(|protected| protected.resource))
        .collect();
    let without: Vec<&Object<'_>> =
        objects.iter().filter(|object| !object.says_namespace && read.contains(&object.resource)).collect();
    let Some(first) = without.first() else { return };
    let names: Vec<String> = without.iter().take(3).map(|object| format!("{} {}", object.kind, object.name)).collect();
    let more = match without.len() - names.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let (count, verb) = if without.len() == 1 {
        ("1 object has".to_owned(), "is")
    } else {
        (format!("{} objects have", without.len()), "are")
    };
    let message = format!("{count} no namespace and {verb} taken to be in `default`: {}{more}", names.join(", "));
    findings.push(
        Finding::new(Code::NamespaceMissing, first.name_place(), message)
            .with_help("set metadata.namespace, kustomize's `namespace`, or the setting `namespace`"),
    );
}

/// Workloads and ClientIntents of one kind, namespace and name: all are read, but a cluster keeps one of them.
fn duplicates(objects: &[Object<'_>], world: &World) -> Findings {
    let mut findings = Findings::default();
    let mut first = IndexMap::with_capacity(world.workloads.len() + world.client_intents_objects.len());
    let workloads = read_from(objects, world.workloads.iter().map(|workload| workload.resource));
    let client_intents = read_from(objects, world.client_intents_objects.iter().copied());
    for object in workloads.chain(client_intents).filter(|object| !object.name.is_empty()) {
        let known: &Object<'_> = first.entry((object.kind, object.namespace, object.name)).or_insert(object);
        if known.resource != object.resource {
            let message = format!("{} is there twice, and only one can be deployed", object.title());
            findings.push(
                Finding::new(Code::DuplicateObject, object.name_place(), message)
                    .with_related(known.name_place(), "the first one")
                    .with_help("remove one of the two, or give it another name"),
            );
        }
    }
    findings
}

/// The objects that were read from resources which are in the order of the objects.
fn read_from<'o, 'a>(
    objects: &'o [Object<'a>],
    resources: impl Iterator<Item = ResourceId>,
) -> impl Iterator<Item = &'o Object<'a>> {
    let mut objects = objects.iter().peekable();
    resources.filter_map(move |resource| {
        while objects.next_if(|object| object.resource < resource).is_some() {}
        objects.next_if(|object| object.resource == resource)
    })
}

/// What a reference is about, as messages say it.
const CLIENT: &str = "client";
const PROTECTED: &str = "protected workload";

/// References to workloads that are not there, or not clear.
fn references(world: &World, threads: usize) -> Findings {
    let mut findings = Findings::default();
    let workloads = Workloads::of(world);
    // Nearly all references are clear, and several threads find out which are not.
    let unclear = in_parts(&world.client_intents, MANY_OBJECTS, threads, |_, intents| -> Vec<_> {
        intents
            .iter()
            .flat_map(|own| {
                let servers = own.targets.iter().filter_map(|target| match &target.kind {
                    TargetKind::Workload(server) if !target.kind.is_api_server() => {
                        Some((Code::ServerNotFound, "server", server, target.place))
                    }
                    _ => None,
                });
                std::iter::once((Code::ClientNotFound, CLIENT, &own.client, own.client_place)).chain(servers)
            })
            .filter(|(_, _, identity, _)| !workloads.is_clear(identity))
            .collect()
    });
    let virtual_workloads =
        world.virtual_workloads.iter().map(|own| ((own.identity.namespace.as_str(), own.identity.name.as_str()), own));
    let mut references = References {
        workloads,
        namespaces: OnceCell::new(),
        virtual_workloads: virtual_workloads.collect(),
        world,
        services: OnceCell::new(),
        called_services: OnceCell::new(),
        by_object_name: BTreeMap::new(),
        dotted: OnceCell::new(),
        reported: BTreeSet::new(),
        suggestions: 0,
        findings: &mut findings,
    };
    for workload in world.workloads.iter().filter(|workload| workload.identity_source != IdentitySource::Object) {
        references.by_object_name.insert((&workload.namespace, &workload.name), workload);
    }
    for (code, role, identity, place) in unclear.into_iter().flatten() {
        references.workload(code, role, identity, place);
    }
    for workload in &world.workloads {
        for called_by in &workload.called_by {
            references.workload(Code::ClientNotFound, CLIENT, &called_by.client, called_by.place);
        }
    }
    for protected in &world.protected_services {
        if protected.protected.kind.as_deref() != Some("Service") {
            references.protected(&protected.protected, protected.place);
        }
    }
    findings
}

/// The workloads by namespace and identity name.
struct Workloads<'w> {
    all: &'w [Workload],
    by_name: Groups<(&'w str, &'w str)>,
}

impl<'w> Workloads<'w> {
    fn of(world: &'w World) -> Self {
        let names = world.workloads.iter().map(|own| (own.identity.namespace.as_str(), own.identity.name.as_str()));
        Self { all: &world.workloads, by_name: Groups::new(names.zip(0..)) }
    }

    fn named<'s>(&'s self, identity: &'s Identity) -> impl Iterator<Item = &'w Workload> + use<'s, 'w> {
        let indexes = self.by_name.of(&(identity.namespace.as_str(), identity.name.as_str()));
        indexes.filter_map(|index| self.all.get(index))
    }

    /// Whether there is a workload of that identity and, where the identity has no kind, one only.
    fn is_clear(&self, identity: &Identity) -> bool {
        let mut named = self.named(identity);
        match &identity.kind {
            Some(_) => named.any(|workload| workload.identity.kind == identity.kind),
            None => named.next().is_some() && named.next().is_none(),
        }
    }
}

struct References<'w, 'f> {
    workloads: Workloads<'w>,
    world: &'w World,
    /// The namespaces of the workloads; made when somebody asks.
    namespaces: OnceCell<BTreeSet<&'w str>>,
    /// Pods that operators create: known, but not labelled.
    virtual_workloads: BTreeMap<(&'w str, &'w str), &'w Workload>,
    /// Made when somebody asks, as the next one.
    services: OnceCell<IndexSet<(&'w str, &'w str)>>,
    /// Services that intents call.
    called_services: OnceCell<IndexSet<(&'w str, &'w str)>>,
    /// Workloads whose identity is not their object's name, by the object's name.
    by_object_name: BTreeMap<(&'w str, &'w str), &'w Workload>,
    /// Workloads whose objects have dots in their names, by those names; made when somebody asks.
    dotted: OnceCell<BTreeMap<&'w str, &'w Workload>>,
    /// What was said already: one finding per missing identity and code.
    reported: BTreeSet<(Code, Identity)>,
    suggestions: usize,
    findings: &'f mut Findings,
}

impl<'w> References<'w, '_> {
    fn is_service(&self, name: (&str, &str)) -> bool {
        let services = self.services.get_or_init(|| {
            self.world.services.iter().map(|service| (service.namespace.as_str(), service.name.as_str())).collect()
        });
        services.contains(&name)
    }

    fn is_called_service(&self, name: (&str, &str)) -> bool {
        let called = self.called_services.get_or_init(|| {
            let targets = self.world.client_intents.iter().flat_map(|intents| &intents.targets);
            let services = targets.filter_map(|target| match &target.kind {
                TargetKind::Service(service) => Some((service.namespace.as_str(), service.name.as_str())),
                _ => None,
            });
            services.collect()
        });
        called.contains(&name)
    }

    fn workload(&mut self, code: Code, role: &str, identity: &Identity, place: Place) {
        let is_meant = |workload: &Workload| identity.kind.is_none() || workload.identity.kind == identity.kind;
        let is_there = self.workloads.named(identity).any(is_meant);
        if !is_there {
            self.report_missing(code, role, identity, place);
        } else if identity.kind.is_none() {
            self.report_two_kinds(role, identity, place);
        }
    }

    /// A ProtectedService without kind makes calls of a Service enforced, too, but denies nothing to the pods behind it.
    fn protected(&mut self, identity: &Identity, place: Place) {
        let name = (identity.namespace.as_str(), identity.name.as_str());
        let is_service = identity.kind.is_none() && self.is_called_service(name);
        if !is_service {
            self.workload(Code::ServerNotFound, PROTECTED, identity, place);
        }
    }

    fn report_missing(&mut self, code: Code, role: &str, identity: &Identity, place: Place) {
        if !self.reported.insert((code, identity.clone())) {
            return;
        }
        let known = self.virtual_workloads.get(&(identity.namespace.as_str(), identity.name.as_str()));
        if let Some(known) = known.filter(|known| identity.kind.is_none() || identity.kind == known.identity.kind) {
            // Pods that bear labels of ours were thought of: what these open is judged like all else.
            if !known.template_labels.keys().any(|key| key.starts_with(OUR_PREFIX)) {
                let message = format!(
                    "{role} {} {} in namespace {} is not labelled here, because an operator creates its pods",
                    known.kind, identity.name, identity.namespace
                );
                let help = "let its custom resource put the labels of intents on the pods, and name them in the `podLabels` of `virtualWorkloads`";
                self.findings.push(Finding::new(code, place, message).with_help(help));
            }
            return;
        }
        let kind = identity.kind.as_deref().map(|kind| format!("{kind} ")).unwrap_or_default();
        let message = format!("{role} {kind}{} in namespace {} is not in the input", identity.name, identity.namespace);
        let mut finding = Finding::new(code, place, message);
        finding.help = Some(self.missing_help(identity, role));
        self.findings.push(finding);
    }

    fn missing_help(&mut self, identity: &Identity, role: &str) -> String {
        let (namespace, name) = (identity.namespace.as_str(), identity.name.as_str());
        let kinds: BTreeSet<&str> = self.workloads.named(identity).map(|other| other.kind.as_str()).collect();
        if !kinds.is_empty() {
            let kinds: Vec<&str> = kinds.into_iter().collect();
            return format!("a {} of that name is there", kinds.join(" and a "));
        }
        if let Some(workload) = self.by_object_name.get(&(namespace, name)) {
            let source =
                if workload.identity_source == IdentitySource::ImageName { "its images" } else { "an annotation" };
            return format!("{} {name} is called `{}` by {source}", workload.kind, workload.identity.name);
        }
        if identity.kind.is_none() && self.is_service((namespace, name)) {
            let advice = match role {
                CLIENT => "name the workload behind it",
                PROTECTED => "write `kind: Service` to protect the pods behind it",
                _ => "make it the target, or name the workload behind it",
            };
            return format!("a Service of that name is there: {advice}");
        }
        if let Some(workload) = self.dotted(identity) {
            let Workload { kind, namespace, name, identity, .. } = workload;
            return format!(
                "{kind} {namespace}/{name} is called `{}`: dots in names become underscores, since one separates the namespace",
                identity.name
            );
        }
        if let Some(suggestion) = self.suggestion(identity, role) {
            return suggestion;
        }
        let of_workloads = || self.workloads.by_name.keys().map(|(known, _)| *known).collect();
        if self.namespaces.get_or_init(of_workloads).contains(namespace) {
            "use the name of the object that owns the pods, or add its manifest".into()
        } else {
            "add its manifest, or label it where its manifest is rendered".into()
        }
    }

    /// The workload whose object has the name that was read as `name.namespace`.
    fn dotted(&self, identity: &Identity) -> Option<&'w Workload> {
        let dotted = self.dotted.get_or_init(|| {
            let workloads = self.world.workloads.iter().filter(|own| own.identity_source == IdentitySource::Object);
            workloads.filter(|own| own.name.contains('.')).map(|own| (own.name.as_str(), own)).collect()
        });
        dotted.get(format!("{}.{}", identity.name, identity.namespace).as_str()).copied()
    }

    /// A similar name in the namespace, or the same name in another one.
    fn suggestion(&mut self, identity: &Identity, role: &str) -> Option<String> {
        let (namespace, name) = (identity.namespace.as_str(), identity.name.as_str());
        self.suggestions += 1;
        if self.suggestions > MAX_SUGGESTIONS {
            return None;
        }
        let beside = self.workloads.by_name.keys().filter(|(known, _)| *known == namespace);
        let names: BTreeSet<&str> = beside.map(|(_, name)| *name).collect();
        if let Some(near) = nearest(name, names) {
            return Some(format!("did you mean `{near}`?"));
        }
        let of_that_name = self.workloads.by_name.keys().filter(|(_, known)| *known == name);
        let elsewhere = of_that_name.map(|(namespace, _)| *namespace).min()?;
        Some(match role {
            CLIENT => format!("there is one in namespace {elsewhere}: intents belong in the namespace of their client"),
            PROTECTED => {
                format!("there is one in namespace {elsewhere}: a ProtectedService belongs beside what it protects")
            }
            _ => format!("there is one in namespace {elsewhere}: write `{name}.{elsewhere}`"),
        })
    }

    fn report_two_kinds(&mut self, role: &str, identity: &Identity, place: Place) {
        let named: Vec<&Workload> = self.workloads.named(identity).collect();
        let mut kinds: Vec<&str> = named.iter().filter_map(|workload| workload.identity.kind.as_deref()).collect();
        kinds.sort_unstable();
        kinds.dedup();
        if kinds.len() < 2 || !self.reported.insert((Code::SameNameTwoKinds, identity.clone())) {
            return;
        }
        let message = format!(
            "{role} {} in namespace {} means each of {}, which share the name",
            identity.name,
            identity.namespace,
            enumerated(&kinds)
        );
        let mut finding = Finding::new(Code::SameNameTwoKinds, place, message).with_help("give its `kind`");
        for workload in named {
            finding = finding.with_related(workload.place, workload.kind.clone());
        }
        self.findings.push(finding);
    }
}

/// `a, b and c`.
fn enumerated(names: &[&str]) -> String {
    match names {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => names.join(""),
    }
}

/// Settings that name namespaces which the input does not have.
fn report_unused_settings(objects: &[Object<'_>], config: &Config, world: &World, findings: &mut Findings) {
    if config.watched_namespaces.is_empty() && config.enforced_namespaces.is_empty() {
        return;
    }
    let targets = world.client_intents.iter().flat_map(|intents| &intents.targets);
    let targets = targets.filter_map(|target| Some(target.kind.identity()?.namespace.as_str()));
    let namespaces: BTreeSet<&str> = objects.iter().map(|object| object.namespace).chain(targets).collect();
    for (field, names) in
        [("watchedNamespaces", &config.watched_namespaces), ("enforcedNamespaces", &config.enforced_namespaces)]
    {
        for name in names.iter().filter(|name| !namespaces.contains(name.as_str())) {
            let message = format!("`{field}` names {name}, and nothing of the input is in that namespace");
            let mut finding = Finding::new(Code::UnusedSetting, None, message);
            finding.help = nearest(name, namespaces.iter().copied()).map(|near| format!("did you mean `{near}`?"));
            findings.push(finding);
        }
    }
}
