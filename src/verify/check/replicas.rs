//! Replicas that cannot reach each other: a StatefulSet's often need to, and who isolates its pods may not think of it
//! (`spec/networkpolicy.md` 5).

use super::intents::undeclared_ports;
use super::words::why_not;
use crate::diag::{Code, Finding, Findings};
use crate::model::workload::Workload;
use crate::verify::connections::ConnectionSet;
use crate::verify::reach::decisions::Verdict;
use crate::verify::reach::{End, Reachability};

/// Reports each StatefulSet of several replicas that reach none of each other's ports.
pub(super) fn find(reach: &Reachability<'_>, findings: &mut Findings) {
    for (index, judged) in reach.workloads().iter().enumerate() {
        let Some(own) = judged.members.first().and_then(|&member| reach.world().workloads.get(member)) else {
            continue;
        };
        if own.kind != "StatefulSet" || own.host_network || own.replicas.is_none_or(|replicas| replicas < 2) {
            continue;
        }
        let wanted = ports(own);
        let end = End::Workload(index);
        let segments = reach.explain(end, end);
        let mut meant = segments.iter().filter(|segment| !segment.connections.intersection(&wanted).is_empty());
        let Some(first) = meant.clone().next() else { continue };
        if meant.all(|segment| segment.verdict() == Verdict::Denied) {
            let message = format!("the replicas of {judged} cannot reach each other: {}", why_not(reach, first));
            let help = format!("if they need to, declare a call of `{0}` to `{0}`", own.identity.name);
            findings.push(Finding::new(Code::BlockedReplicas, own.place, message).with_help(help));
        }
    }
}

/// The ports that the pods declare; without any, those that calls may use.
fn ports(workload: &Workload) -> ConnectionSet {
    let ports: Vec<_> = workload.ports().map(|port| ConnectionSet::port(port.protocol, port.number)).collect();
    if ports.is_empty() { undeclared_ports() } else { ConnectionSet::union_of(&ports) }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;
    use crate::diag::{Code, Findings};
    use crate::source::{SourceOrigin, SourceText};
    use crate::verify::reach::Reachability;

    fn messages(workload: &str, policy: &str) -> Vec<String> {
        let text = format!(
            "apiVersion: apps/v1\n{workload}\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: db, namespace: shop}}\nspec: {policy}\n"
        );
        let (package, _) =
            crate::read::stream::read(vec![SourceText { origin: SourceOrigin::Stdin, text: text.into() }]);
        let config = Config::default();
        let (world, _) = crate::understand::understand(&package, &config);
        let mut findings = Findings::default();
        super::find(&Reachability::new(&world, &config), &mut findings);
        assert!(findings.0.iter().all(|finding| finding.code == Code::BlockedReplicas));
        findings.0.into_iter().map(|finding| finding.message).collect()
    }

    fn set(kind: &str, rest: &str) -> String {
        format!(
            "kind: {kind}\nmetadata: {{name: db, namespace: shop}}\nspec: {{{rest}template: {{metadata: {{labels: {{app: db}}}}, spec: {{containers: [{{name: db, image: db, ports: [{{containerPort: 5432}}]}}]}}}}}}"
        )
    }

    #[test]
    fn several_replicas_that_are_isolated() {
        let three = set("StatefulSet", "replicas: 3, ");
        let denied = "{podSelector: {}}";
        assert_eq!(
            messages(&three, denied),
            [
                "the replicas of shop/db[StatefulSet] cannot reach each other: ingress of the server is isolated and NetworkPolicy shop/db has no ingress rules"
            ]
        );
        for (workload, policy) in [
            (three.as_str(), "{podSelector: {matchLabels: {app: web}}}"),
            (&three, "{podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: db}}}]}]}"),
            (&three, "{podSelector: {}, ingress: [{ports: [{port: 5432}]}]}"),
            (&set("StatefulSet", "replicas: 1, "), denied),
            (&set("StatefulSet", ""), denied),
            (&set("Deployment", "replicas: 3, "), denied),
            (&three.replace("spec: {containers", "spec: {hostNetwork: true, containers"), denied),
        ] {
            assert!(messages(workload, policy).is_empty(), "{workload}\n{policy}");
        }
        // Another port than that which they listen on is no way to each other.
        assert_eq!(messages(&three, "{podSelector: {}, ingress: [{ports: [{port: 9187}]}]}").len(), 1);
    }
}
