//! Declared calls that generated policies cut off: a default deny isolates a pod that no access policy opens, because the mode,
//! the watched namespaces or a ProtectedService's kind leaves the call out (`spec/otterize.md` 4.8, 4.10), or because the client is
//! on the host network.

use super::calls::Call;
use super::context::PlanContext;
use super::isolation::Isolation;
use super::labelled_workload::LabelledWorkload;
use super::servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::identity::Identity;
use crate::model::intent::TargetRef;
use crate::model::workload::Workload;

/// Reports each such call. Calls whose client may not leave are those of `namespace_deny`.
pub(crate) fn report(context: &PlanContext<'_>, isolation: &Isolation<'_, '_>, findings: &mut Findings) {
    for (client, calls) in &context.calls.by_client {
        let on_host = context.workloads_of(client).find(|found| found.workload.host_network);
        findings.0.extend(calls.iter().filter_map(|call| blocked(context, isolation, client, on_host, call)));
    }
}

fn blocked(
    context: &PlanContext<'_>,
    isolation: &Isolation<'_, '_>,
    client: &Identity,
    on_host: Option<LabelledWorkload<'_>>,
    call: &Call<'_>,
) -> Option<Finding> {
    let target = call.target.identity().filter(|_| !call.target.is_api_server())?;
    let enforced = context.ingress_is_enforced(target);
    let is_admitted = enforced && context.is_watched(&target.namespace);
    if is_admitted && on_host.is_none() {
        return None;
    }
    let is_isolated = |found: &LabelledWorkload<'_>| !found.workload.host_network && isolation.isolates(found.workload);
    let isolated = match call.target {
        TargetRef::Service(_) => context.behind(servers::usable_service(context, target)?).find(is_isolated),
        _ => context.workloads_of(target).find(is_isolated),
    };
    let isolated = isolated?.workload;
    if is_admitted {
        return on_host.map(|on_host| from_host_network(on_host.workload, isolated, call));
    }
    let message =
        format!("a generated policy isolates {}, and none admits this call of {client}", isolated.object_name());
    let help = if enforced {
        "add the server's namespace to `watchedNamespaces`"
    } else {
        "let a ProtectedService cover this target as the intent names it (kind `Service` or not), or add the namespace to `enforcedNamespaces`"
    };
    Some(Finding::new(Code::TrafficBlocked, call.place, message).with_help(help))
}

/// Pods on the host network call from the node's address, so no selector of pods matches them.
fn from_host_network(client: &Workload, server: &Workload, call: &Call<'_>) -> Finding {
    let message = format!(
        "{} uses the host network, so no policy admits its call to {} by labels",
        client.object_name(),
        server.object_name()
    );
    let finding = Finding::new(Code::TrafficBlocked, call.place, message).with_help(
        "admit the nodes' addresses in a NetworkPolicy of your own, or take the client off the host network",
    );
    match client.host_network_place {
        Some(place) => finding.with_related(place, "said here"),
        None => finding,
    }
}
