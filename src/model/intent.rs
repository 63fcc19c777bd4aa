//! Declared calls: ClientIntents of every API version, ProtectedServices and `called-by` annotations as one model.

use super::identity::Identity;
use super::place::{Place, ResourceId};
use ipnet::IpNet;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

/// A ClientIntents object after conversion, defaulting and validation. References are resolved to deployed names.
#[derive(Clone, Debug)]
pub struct ClientIntents {
    /// The object it was read from.
    pub resource: ResourceId,
    /// `metadata.name`.
    pub name: String,
    /// Namespace, which is the client's.
    pub namespace: String,
    /// The client; kind `None` when not given.
    pub client: Identity,
    /// Where the client's name is said.
    pub client_place: Place,
    /// Targets in list order.
    pub targets: Vec<Target>,
    /// `status.resolvedIPs`: domain -> addresses of the first entry for that domain.
    pub resolved_ips: BTreeMap<String, Vec<IpAddr>>,
}

/// One declared call.
#[derive(Clone, Debug)]
pub struct Target {
    /// What is called.
    pub kind: TargetKind,
    /// Where the call is declared: the name, or the whole entry when there is none.
    pub place: Place,
}

/// What a call goes to (`spec/otterize.md` 1.6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TargetKind {
    /// Pods of a workload: `kubernetes` without kind Service, or `kafka`.
    Workload(Identity),
    /// A Service: `service`, or `kubernetes` with kind Service. The identity's kind is `Service`.
    Service(Identity),
    /// Addresses and domains outside the cluster.
    Internet(Arc<InternetTarget>),
    /// SQL, AWS, GCP, Azure: nothing that a NetworkPolicy expresses.
    OutOfCluster,
}

/// An internet target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InternetTarget {
    /// Domains as written; may be a wildcard.
    pub domains: Vec<(String, Place)>,
    /// Single addresses, written without a prefix length.
    pub addresses: Vec<IpAddr>,
    /// Networks, written with one; canonical. One of full length is not the same as an address: `spec/otterize.md` 4.5 keeps
    /// what is written as a network.
    pub networks: Vec<IpNet>,
    /// TCP ports; empty means all ports.
    pub ports: Vec<u16>,
}

impl InternetTarget {
    /// Addresses and networks alike as networks, the addresses first.
    pub fn blocks(&self) -> impl Iterator<Item = IpNet> + '_ {
        self.addresses.iter().copied().map(IpNet::from).chain(self.networks.iter().copied())
    }
}

/// A client named in a `called-by` annotation of a server's pod template (`spec/otterize.md` 3.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalledBy {
    /// The client; always has a kind.
    pub client: Identity,
    /// Where the annotation stands.
    pub place: Place,
}

/// A ProtectedService: default deny for one workload or Service.
#[derive(Clone, Debug)]
pub struct ProtectedService {
    /// The object it was read from.
    pub resource: ResourceId,
    /// The protected identity; kind `None` when not given.
    pub protected: Identity,
    /// Where `spec.name` is said.
    pub place: Place,
}

/// A borrowed [`TargetKind`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetRef<'a> {
    /// Pods of a workload.
    Workload(&'a Identity),
    /// A Service.
    Service(&'a Identity),
    /// Addresses and domains outside the cluster.
    Internet(&'a InternetTarget),
    /// Nothing that a NetworkPolicy expresses.
    OutOfCluster,
}

impl TargetKind {
    /// The same, borrowed.
    #[must_use]
    pub fn by_reference(&self) -> TargetRef<'_> {
        match self {
            Self::Workload(identity) => TargetRef::Workload(identity),
            Self::Service(identity) => TargetRef::Service(identity),
            Self::Internet(internet) => TargetRef::Internet(internet),
            Self::OutOfCluster => TargetRef::OutOfCluster,
        }
    }

    /// The identity of an in-cluster target.
    #[must_use]
    pub fn identity(&self) -> Option<&Identity> {
        self.by_reference().identity()
    }

    /// Whether this is the API server.
    #[must_use]
    pub fn is_api_server(&self) -> bool {
        self.by_reference().is_api_server()
    }
}

impl<'a> TargetRef<'a> {
    /// The identity of an in-cluster target.
    #[must_use]
    pub fn identity(self) -> Option<&'a Identity> {
        match self {
            Self::Workload(identity) | Self::Service(identity) => Some(identity),
            Self::Internet(_) | Self::OutOfCluster => None,
        }
    }

    /// Whether this is the API server: `kubernetes` in namespace `default`, whatever the kind.
    #[must_use]
    pub fn is_api_server(self) -> bool {
        self.identity().is_some_and(|identity| identity.name == "kubernetes" && identity.namespace == "default")
    }
}
