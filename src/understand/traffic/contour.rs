//! Contour `HTTPProxy` (`projectcontour.io`).

use super::super::fields::Fields;
use super::backends::{exposure, reference};
use crate::model::traffic::{Exposure, ExposureKind};

/// The Services that an HTTPProxy sends traffic to. `None` for other kinds.
///
/// A proxy without a virtual host is served where another one includes it, perhaps one of another package, so each counts;
/// what it includes are proxies, which count themselves.
pub(super) fn read(fields: &mut Fields<'_, '_>) -> Option<Exposure> {
    let is_proxy = fields.object.kind == "HTTPProxy" && fields.object.group() == "projectcontour.io";
    let spec = is_proxy.then(|| fields.mapping(fields.object.node, "spec"))??;
    let mut targets = Vec::new();
    for route in fields.mappings(spec, "routes") {
        targets.extend(fields.mappings(route, "services"));
    }
    if let Some(proxy) = fields.mapping(spec, "tcpproxy") {
        targets.extend(fields.mappings(proxy, "services"));
    }
    let backends = targets.into_iter().filter_map(|target| reference(fields, target)).collect();
    Some(exposure(fields, ExposureKind::ContourProxy, backends))
}
