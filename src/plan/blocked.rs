//! Declared calls that generated policies cut off: a default deny isolates a pod that no access policy opens, because the mode,
//! the watched namespaces or a ProtectedService's kind leaves the call out (`spec/otterize.md` 4.8, 4.10).

use super::calls::Call;
use super::context::{LabelledWorkload, PlanContext};
use super::isolation::Isolation;
use super::{egress, servers};
use crate::diag::{Code, Finding, Findings};
use crate::model::identity::Identity;
use crate::model::intent::TargetKind;

/// Reports each such call once per end.
pub(crate) fn report(context: &PlanContext<'_>, isolation: &Isolation<'_>, findings: &mut Findings) {
    for (client, calls) in &context.calls.by_client {
        let cut_off =
            || context.workloads_of(client).into_iter().find(|found| isolation.restricts_egress(found.workload));
        let cut_off = if egress::is_written(context, client) { None } else { cut_off() };
        for call in calls {
            if let Some(found) = cut_off {
                findings.push(egress_blocked(context, client, call, found));
            }
            findings.0.extend(ingress_blocked(context, isolation, client, call));
        }
    }
}

fn egress_blocked(context: &PlanContext<'_>, client: &Identity, call: &Call, found: LabelledWorkload<'_>) -> Finding {
    let message = format!(
        "a default deny of egress isolates {}, and no egress policy is written for its calls",
        found.workload.object_name()
    );
    let help = if !context.config.enable_egress_network_policy_creation {
        "set `enableEgressNetworkPolicyCreation: true` (profile v2), or leave Egress out of `defaultDeny`".to_owned()
    } else {
        format!(
            "policies are written for egress in active mode and watched namespaces only; {} is in neither",
            client.namespace
        )
    };
    Finding::new(Code::TrafficBlocked, call.place, message).with_help(help)
}

fn ingress_blocked(
    context: &PlanContext<'_>,
    isolation: &Isolation<'_>,
    client: &Identity,
    call: &Call,
) -> Option<Finding> {
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
        "a generated policy isolates {}, and none admits this call of {} in {}",
        isolated.workload.object_name(),
        client.name_with_kind(),
        client.namespace
    );
    let help = if enforced {
        "add the server's namespace to `watchedNamespaces`"
    } else {
        "let a ProtectedService cover this target as the intent names it (kind `Service` or not), or add the namespace to `enforcedNamespaces`"
    };
    Some(Finding::new(Code::TrafficBlocked, call.place, message).with_help(help))
}
