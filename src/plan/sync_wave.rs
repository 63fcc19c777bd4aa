//! `argocdSyncWave`: Argo CD applies the policies in that wave, once what earlier waves brought is healthy.

use super::context::PlanContext;
use super::wanted::Wanted;
use super::{MapChange, keys};
use crate::config::{Config, Selectors, Staged};
use crate::diag::{Code, Finding};
use crate::model::place::ResourceId;
use crate::model::selector::Labels;
use crate::model::workload::Workload;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The objects with the wave, if one is set.
pub(crate) fn annotated(mut wanted: Vec<Wanted>, config: &Config) -> Vec<Wanted> {
    if let Some(wave) = config.argocd_sync_wave {
        for wanted in &mut wanted {
            wanted.object.annotations_mut().insert(keys::SYNC_WAVE, wave.to_string());
        }
    }
    wanted
}

/// Warns where the wave does not come after that of workloads whose pods need labels for the policies.
pub(crate) fn order(context: &PlanContext<'_>, involved: &BTreeSet<ResourceId>) -> Option<Finding> {
    let config = context.config;
    let wave = config.argocd_sync_wave?;
    if config.selectors == Selectors::Native || config.staged == Staged::Calico {
        return None;
    }
    let is_late = |workload: &&Workload| {
        involved.contains(&workload.resource) && !workload.host_network && workload.sync_wave.unwrap_or(0) >= wave
    };
    let mut late: Vec<&Workload> = context.world.workloads.iter().filter(is_late).collect();
    late.sort_by_key(|workload| workload.object_name());
    let first = late.first()?;
    let others = match late.len() {
        1 => String::new(),
        count => format!(" and {} more", count - 1),
    };
    let message = format!(
        "policies are applied in sync wave {wave}, which is not after {} in wave {}{others}: pods that have not rolled yet are cut off",
        first.object_name(),
        first.sync_wave.unwrap_or(0)
    );
    Some(
        Finding::new(Code::SyncWaveOrder, first.place, message)
            .with_help("set `argocdSyncWave` to a number above the waves of all workloads"),
    )
}

/// Takes the wave of an earlier run from a policy of ours. One that a workload has too was put there by something that annotates
/// everything, and stays.
pub(crate) fn removal(
    context: &PlanContext<'_>,
    resource: ResourceId,
    existing: &Labels,
    wanted: &Labels,
) -> Option<MapChange> {
    let wave = existing.get(keys::SYNC_WAVE).filter(|_| !wanted.contains_key(keys::SYNC_WAVE))?;
    let number = wave.parse::<i64>().unwrap_or(0);
    let is_of_everything = context.world.workloads.iter().any(|workload| workload.sync_wave == Some(number));
    (!is_of_everything).then(|| MapChange {
        resource,
        path: Cow::Borrowed(super::labels::ANNOTATIONS),
        set: Labels::new(),
        remove: BTreeSet::from([keys::SYNC_WAVE.to_owned()]),
    })
}
