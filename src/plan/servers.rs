//! Who is called: the targets that get ingress rules, and the Services among them (`spec/otterize.md` 4.3, 4.8, 4.10).

use super::calls::Call;
use super::context::PlanContext;
use crate::diag::suggest::nearest;
use crate::diag::{Code, Finding, Findings};
use crate::model::identity::Identity;
use crate::model::intent::TargetRef;
use crate::model::service::{Service, ServiceType};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A similar name is looked for at this many missing Services only: each look-up goes over all Services.
const MAX_SUGGESTIONS: usize = 50;

/// A target in the cluster with everybody who calls it.
#[derive(Debug)]
pub(crate) struct Server<'a> {
    /// The target as the intents write it; kind `Service` for Services.
    pub(crate) identity: Cow<'a, Identity>,
    /// Clients and their calls, sorted by client.
    pub(crate) calls: Vec<ClientCall<'a>>,
}

/// A client and one of its calls.
pub(crate) type ClientCall<'a> = (&'a Identity, &'a Call<'a>);

impl<'a> Server<'a> {
    /// Whether the target is a Service.
    pub(crate) fn is_service(&self) -> bool {
        self.identity.is_service()
    }

    /// The calls sorted by namespace of the client.
    pub(crate) fn sorted_calls(&self) -> Cow<'_, [ClientCall<'a>]> {
        let mut calls = Cow::Borrowed(self.calls.as_slice());
        if !calls.is_sorted_by_key(|(client, _)| &client.namespace) {
            calls.to_mut().sort_by(|(a, _), (b, _)| a.namespace.cmp(&b.namespace));
        }
        calls
    }
}

/// The calls of each namespace; they are sorted by it.
pub(crate) fn by_namespace<'s, 'a>(
    calls: &'s [ClientCall<'a>],
) -> impl Iterator<Item = (&'a str, &'s [ClientCall<'a>])> {
    let groups = calls.chunk_by(|(a, _), (b, _)| a.namespace == b.namespace);
    groups.filter_map(|calls| calls.first().map(|(client, _)| (client.namespace.as_str(), calls)))
}

/// Every target whose ingress is enforced and whose namespace is watched, sorted; the API server is never among them.
pub(crate) fn enforced_servers<'a>(context: &PlanContext<'a>, findings: &mut Findings) -> Vec<Server<'a>> {
    let mut servers: BTreeMap<&Identity, Vec<ClientCall<'_>>> = BTreeMap::new();
    for (client, calls) in &context.calls.by_client {
        for call in calls {
            let Some(target) = call.target.identity().filter(|_| !call.target.is_api_server()) else { continue };
            if !context.ingress_is_enforced(target) {
                continue;
            }
            if !context.is_watched(&target.namespace) {
                findings.push(not_watched(target, call));
                continue;
            }
            servers.entry(target).or_default().push((client, call));
        }
    }
    servers.into_iter().map(|(identity, calls)| Server { identity: Cow::Borrowed(identity), calls }).collect()
}

fn not_watched(target: &Identity, call: &Call<'_>) -> Finding {
    let message = format!("no policy for {target}, whose namespace is not among watchedNamespaces");
    Finding::new(Code::NamespaceNotAllowed, call.place, message)
}

/// The Service of a Service target, if policies can be made for it: there, with a selector (decision D10) and with ports.
pub(crate) fn usable_service<'a>(context: &PlanContext<'a>, target: &Identity) -> Option<&'a Service> {
    context.service(&target.namespace, &target.name).filter(|service| fault(service).is_none())
}

/// Whether a call names a Service that is there and for which no policy can be made, which [`check_services`] reports.
pub(crate) fn is_faulty(context: &PlanContext<'_>, call: &Call<'_>) -> bool {
    let TargetRef::Service(target) = call.target else { return false };
    let service = context.service(&target.namespace, &target.name);
    !call.target.is_api_server() && service.is_some_and(|service| fault(service).is_some())
}

/// Reports Service targets for which no policy can be made, intent by intent. The API server's Service is exempt.
pub(crate) fn check_services(context: &PlanContext<'_>, findings: &mut Findings) {
    let mut suggestions = 0;
    for (client, calls) in &context.calls.by_client {
        for call in calls {
            let TargetRef::Service(target) = call.target else { continue };
            if call.target.is_api_server() {
                continue;
            }
            match context.service(&target.namespace, &target.name) {
                None => {
                    suggestions += 1;
                    let near = if suggestions <= MAX_SUGGESTIONS { near_service(context, target) } else { None };
                    findings.push(missing(client, target, call, near));
                }
                Some(service) => findings.0.extend(fault(service).map(|(code, fault, help)| {
                    let message = format!("{target}, which {client} calls, {fault}");
                    Finding::new(code, call.place, message).with_related(service.place, "the Service").with_help(help)
                })),
            }
        }
    }
}

/// Why no policy can be made for a Service as a target, and what to do.
fn fault(service: &Service) -> Option<Fault> {
    let no_ports = || {
        let help = "give the Service its ports, or call the workload instead";
        (Code::ServiceWithoutPorts, "has no ports, so a policy would have to open all of them", help)
    };
    selection_fault(service).or_else(|| service.ports.is_empty().then(no_ports))
}

/// Why no policy can select the pods of a Service (decision D10), and what to do.
pub(crate) fn selection_fault(service: &Service) -> Option<Fault> {
    if service.service_type == ServiceType::ExternalName {
        let help = "declare an internet target with the domain that the Service stands for";
        Some((Code::ServiceWithoutSelector, "is of type ExternalName and has no pods", help))
    } else if service.selector.is_none() {
        let help = "call the workload, or an internet target with the addresses of the Service's endpoints";
        Some((Code::ServiceWithoutSelector, "has no selector", help))
    } else {
        None
    }
}

/// Code, what is wrong, and what to do.
type Fault = (Code, &'static str, &'static str);

/// A Service of the namespace with a similar name.
fn near_service<'a>(context: &PlanContext<'a>, target: &Identity) -> Option<&'a str> {
    let services = context.world.services.iter().filter(|service| service.namespace == target.namespace);
    nearest(&target.name, services.map(|service| service.name.as_str()))
}

fn missing(client: &Identity, target: &Identity, call: &Call<'_>, near: Option<&str>) -> Finding {
    let message = format!("{target}, which {client} calls, is not in the input, so there is no policy for it");
    let help =
        near.map_or("add the Service's manifest to the input".to_owned(), |near| format!("did you mean `{near}`?"));
    Finding::new(Code::ServiceNotFound, call.place, message).with_help(help)
}
