//! Which references across namespaces are granted: those of Gateway API routes need a ReferenceGrant
//! (`spec/otterize.md` 4.9, gateway-api.sigs.k8s.io/api-types/referencegrant).

use super::traffic::{Backend, Exposure, ExposureKind, ReferenceGrant};
use std::collections::{BTreeMap, BTreeSet};

/// The API group of the routes that ReferenceGrants speak of.
const GATEWAY_GROUP: &str = "gateway.networking.k8s.io";

/// What the ReferenceGrants of the input allow.
pub(crate) struct ReferenceGrants<'a> {
    /// Namespace of the Services, kind and namespace of the routes -> names of Services, `None` for all of them.
    by_parties: BTreeMap<(&'a str, &'a str, &'a str), BTreeSet<Option<&'a str>>>,
}

impl<'a> ReferenceGrants<'a> {
    /// An index of the grants.
    pub(crate) fn of(grants: &'a [ReferenceGrant]) -> Self {
        let mut by_parties: BTreeMap<_, BTreeSet<Option<&str>>> = BTreeMap::new();
        for grant in grants {
            for (_, kind, namespace) in grant.from.iter().filter(|(group, ..)| group == GATEWAY_GROUP) {
                by_parties
                    .entry((grant.namespace.as_str(), kind.as_str(), namespace.as_str()))
                    .or_default()
                    .extend(grant.to_services.iter().map(Option::as_deref));
            }
        }
        Self { by_parties }
    }

    /// Whether a reference needs no grant or has one: only routes of the Gateway API need them, and only across namespaces.
    pub(crate) fn allow(&self, exposure: &Exposure, backend: &Backend) -> bool {
        if exposure.kind != ExposureKind::GatewayRoute || exposure.namespace == backend.namespace {
            return true;
        }
        let parties = (backend.namespace.as_str(), exposure.object_kind.as_str(), exposure.namespace.as_str());
        self.by_parties
            .get(&parties)
            .is_some_and(|names| names.contains(&None) || names.contains(&Some(backend.service.as_str())))
    }
}
