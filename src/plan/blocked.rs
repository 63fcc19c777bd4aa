//! Declared calls that generated policies cut off: a default deny isolates a pod that no access policy opens, because the mode,
//! the watched namespaces or a ProtectedService's kind leaves the call out (`spec/otterize.md` 4.8, 4.10).

use super::calls::Call;
use super::context::PlanContext;
use super::isolation::Isolation;
use super::servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::identity::Identity;
use crate::model::intent::TargetKind;

/// Reports each such call. Calls whose client may not leave are those of `namespace_deny`.
pub(crate) fn report(context: &PlanContext<'_>, isolation: &Isolation<'_>, findings: &mut Findings) {
    for (client, calls) in &context.calls.by_client {
        findings.0.extend(calls.iter().filter_map(|call| blocked(context, isolation, client, call)));
    }
}

fn blocked(context: &PlanContext<'_>, isolation: &Isolation<'_>, client: &Identity, call: &Call) -> Option<Finding> {
    let target = call.target.identity().filter(|_| !call.target.is_api_server())?;
    let enforced = context.ingress_is_enforced(target);
    if enforced && context.is_watched(&target.namespace) {
        return None;
    }
    let pods = match &call.target {
        TargetKind::Service(_) => servers::usable_service(context, target).map(|service| context.behind(service))?,
        _ => context.workloads_of(target),
    };
    let isolated = pods.into_iter().find(|found| isolation.isolates(found.workload))?;
    let message = format!(
        "a generated policy isolates {}, and none admits this call of {client}",
        isolated.workload.object_name()
    );
    let help = if enforced {
        "add the server's namespace to `watchedNamespaces`"
    } else {
        "let a ProtectedService cover this target as the intent names it (kind `Service` or not), or add the namespace to `enforcedNamespaces`"
    };
    Some(Finding::new(Code::TrafficBlocked, call.place, message).with_help(help))
}
