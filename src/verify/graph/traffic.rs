//! Traffic that no intent declares but that the input asks for: from outside, through Ingresses, for webhooks and metrics.

use super::{Builder, Draft, EdgeKind, NodeKind};
use crate::diag::Code;
use crate::model::policy::Direction;
use crate::verify::check::{CheckReport, TrafficVerdict};
use crate::verify::reach::decisions::{Decision, Refusal, RefusalReason, Segment, Verdict};
use crate::verify::reach::{End, Reachability};

/// What collects metrics, whoever that is.
const METRICS: &str = "metrics collector";

/// Metrics are drawn only where they do not arrive: where they do, every workload would have an edge that says nothing.
pub(super) fn add(builder: &mut Builder<'_, '_>, report: &CheckReport) {
    for traffic in &report.traffic {
        let is_metrics = traffic.code == Code::BlockedMetrics;
        if is_metrics && traffic.verdict == Verdict::Allowed {
            continue;
        }
        let mut notes = Vec::new();
        if is_metrics {
            notes.push(traffic.what.clone());
        }
        if !traffic.blocked.is_empty() && traffic.blocked != traffic.connections {
            notes.push(format!("not on {}", traffic.blocked));
        }
        let source = NodeKind::EntryPoint(if is_metrics { METRICS.to_owned() } else { traffic.what.clone() });
        let draft = Draft {
            verdict: traffic.verdict,
            connections: Some(traffic.connections.clone()),
            declarations: vec![traffic.place],
            notes,
            segments: segments(builder.reach, traffic),
            pairs: 1,
        };
        builder.add(source, NodeKind::Workload(traffic.workload), EdgeKind::Traffic, draft);
    }
}

fn segments(reach: &Reachability<'_>, traffic: &TrafficVerdict) -> Vec<Segment> {
    let destination = End::Workload(traffic.workload);
    let narrowed = |source: End| -> Vec<Segment> {
        let narrow = |segment: Segment| Segment {
            connections: segment.connections.intersection(&traffic.connections),
            ..segment
        };
        let segments = reach.explain(source, destination).into_iter().map(narrow);
        segments.filter(|segment| !segment.connections.is_empty()).collect()
    };
    match traffic.source {
        // Some address must get through, whichever: those of the first block that does are shown.
        Some(End::External(every)) => {
            let ranges = reach.external(Direction::Ingress).iter().map(|&range| narrowed(End::External(range)));
            let is_open =
                |segments: &Vec<Segment>| segments.iter().any(|segment| segment.verdict() == Verdict::Allowed);
            ranges.into_iter().find(is_open).unwrap_or_else(|| narrowed(End::External(every)))
        }
        Some(source) => narrowed(source),
        None => {
            let refusal = |policy| Refusal { policy, direction: Direction::Ingress, reason: RefusalReason::NoPeer };
            let policies = reach.isolating_policies(traffic.workload, Direction::Ingress);
            let refusals = policies.into_iter().map(refusal).collect();
            let ingress = Decision::Denied { refusals, doubts: Vec::new() };
            vec![Segment { connections: traffic.blocked.clone(), egress: Decision::Outside, ingress }]
        }
    }
}
