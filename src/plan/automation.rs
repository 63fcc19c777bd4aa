//! The switches that open traffic nobody declared: `off`, `ifBlockedByOtterize`, `always` (`spec/otterize.md` 4.9, decision D5).

use super::context::PlanContext;
use super::isolation::Isolation;
use super::labelled_workload::LabelledWorkload;
use crate::config::{Automate, Mode};
use crate::diag::{Code, Finding};
use crate::model::selector::LabelSelector;
use crate::model::service::Service;

/// What a switch says about some pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing is to be opened.
    LeaveAlone,
    /// A generated policy isolates some of the pods: open.
    Blocked,
    /// Nothing isolates the pods, but the switch says `always`: open.
    Always,
}

/// The mode in force: in shadow mode `always` counts as `ifBlockedByOtterize`.
pub(crate) fn effective(switch: Automate, mode: Mode) -> Automate {
    match (switch, mode) {
        (Automate::Always, Mode::Shadow) => Automate::IfBlockedByOtterize,
        _ => switch,
    }
}

/// Whether traffic to these workloads of a namespace is to be opened. Leave out those on the host network: policies do not
/// apply to them. No workload at all means that those of other packages may be there.
pub(crate) fn verdict(
    context: &PlanContext<'_>,
    isolation: &Isolation<'_, '_>,
    mode: Automate,
    namespace: &str,
    workloads: &[LabelledWorkload<'_>],
) -> Verdict {
    let is_isolated =
        isolation.covers_namespace(namespace) || workloads.iter().any(|labelled| isolation.isolates(labelled.workload));
    match mode {
        Automate::Off => Verdict::LeaveAlone,
        _ if is_isolated => Verdict::Blocked,
        Automate::Always if context.is_watched(namespace) => Verdict::Always,
        Automate::Always | Automate::IfBlockedByOtterize => Verdict::LeaveAlone,
    }
}

/// Warns where a policy that opens traffic to a Service is itself the first one that isolates some of the pods behind it.
/// `opened` names the traffic.
pub(crate) fn newly_isolated(
    context: &PlanContext<'_>,
    isolation: &Isolation<'_, '_>,
    service: &Service,
    pod_selector: Option<&LabelSelector>,
    verdict: Verdict,
    opened: &str,
) -> Option<Finding> {
    if verdict != Verdict::Blocked {
        return None;
    }
    let mut selected = context.selected(&service.namespace, pod_selector?);
    selected.retain(|labelled| !labelled.workload.host_network && !isolation.isolates(labelled.workload));
    let first = selected.first()?.workload;
    let message = format!(
        "{} is behind Service {}/{} together with pods that policies isolate, so it becomes isolated too: only {opened} stays allowed",
        first.object_name(),
        service.namespace,
        service.name
    );
    Some(
        Finding::new(Code::TrafficBlocked, service.place, message)
            .with_related(first.place, "this workload")
            .with_help("declare who calls it, or give it a Service of its own"),
    )
}
