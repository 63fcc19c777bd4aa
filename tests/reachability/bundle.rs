//! Bundles as the tests think of them, close to the manifests.

use enforce_intents::model::policy::Direction;
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(crate) type Labels = BTreeMap<String, String>;

#[derive(Clone, Debug)]
pub(crate) struct Bundle {
    pub(crate) match_addresses: bool,
    /// Labels of the namespaces that have a manifest.
    pub(crate) namespaces: BTreeMap<String, Labels>,
    pub(crate) pods: Vec<Pod>,
    pub(crate) policies: Vec<Policy>,
}

#[derive(Clone, Debug)]
pub(crate) struct Pod {
    pub(crate) namespace: String,
    pub(crate) labels: Labels,
    /// Name, protocol, number.
    pub(crate) ports: Vec<(String, String, u16)>,
    pub(crate) host_network: bool,
    pub(crate) address: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Policy {
    pub(crate) namespace: String,
    pub(crate) pod_selector: Selector,
    pub(crate) types: Option<Vec<&'static str>>,
    pub(crate) ingress: Option<Vec<Rule>>,
    pub(crate) egress: Option<Vec<Rule>>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Selector {
    pub(crate) labels: Labels,
    /// Key, operator, values.
    pub(crate) expressions: Vec<(String, &'static str, Vec<String>)>,
}

#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) peers: Option<Vec<Peer>>,
    pub(crate) ports: Option<Vec<Port>>,
}

#[derive(Clone, Debug)]
pub(crate) enum Peer {
    Pods { pods: Option<Selector>, namespaces: Option<Selector> },
    Block { cidr: &'static str, except: Vec<&'static str> },
}

#[derive(Clone, Debug)]
pub(crate) struct Port {
    pub(crate) protocol: Option<&'static str>,
    pub(crate) port: Option<Result<u16, String>>,
    pub(crate) end: Option<u16>,
}

impl Policy {
    /// Whether the policy applies to a direction, as the API documents it.
    pub(crate) fn applies(&self, direction: Direction) -> bool {
        match (&self.types, direction) {
            (Some(types), _) if !types.is_empty() => types.contains(&direction.as_str()),
            (_, Direction::Ingress) => true,
            (_, Direction::Egress) => self.egress.as_ref().is_some_and(|rules| !rules.is_empty()),
        }
    }

    pub(crate) fn rules(&self, direction: Direction) -> &[Rule] {
        match direction {
            Direction::Ingress => self.ingress.as_deref().unwrap_or_default(),
            Direction::Egress => self.egress.as_deref().unwrap_or_default(),
        }
    }

    fn write_types(&mut self) -> Vec<&'static str> {
        let types: Vec<_> = ["Ingress", "Egress"]
            .into_iter()
            .zip([Direction::Ingress, Direction::Egress])
            .filter(|&(_, direction)| self.applies(direction))
            .map(|(name, _)| name)
            .collect();
        self.types = Some(types.clone());
        types
    }

    /// Removes a rule, and nothing else: the policy applies to the same directions as before.
    pub(crate) fn remove_rule(&mut self, direction: Direction, rule: usize) {
        self.write_types();
        match direction {
            Direction::Ingress => self.ingress.as_mut().unwrap().remove(rule),
            Direction::Egress => self.egress.as_mut().unwrap().remove(rule),
        };
    }

    /// Makes the policy not apply to a direction.
    pub(crate) fn stop(&mut self, direction: Direction) {
        let mut types = self.write_types();
        types.retain(|name| *name != direction.as_str());
        if types.is_empty() {
            // Without types it would apply to ingress, so it selects nobody instead.
            self.pod_selector =
                Selector { labels: Labels::from([("no".into(), "body".into())]), expressions: Vec::new() };
        }
        self.types = Some(types);
    }
}

impl Bundle {
    /// The manifests: JSON documents, which are YAML.
    pub(crate) fn manifests(&self) -> String {
        let namespaces = self.namespaces.iter().map(|(name, labels)| {
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
        });
        let pods = self.pods.iter().enumerate().map(|(index, pod)| pod.manifest(index));
        let policies = self.policies.iter().enumerate().map(|(index, policy)| policy.manifest(index));
        namespaces.chain(pods).chain(policies).map(|document| format!("{document}\n---\n")).collect()
    }
}

impl Pod {
    fn manifest(&self, index: usize) -> Value {
        let ports: Vec<Value> = self
            .ports
            .iter()
            .map(|(name, protocol, number)| json!({"name": name, "protocol": protocol, "containerPort": number}))
            .collect();
        json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": format!("p{index}"), "namespace": self.namespace, "labels": self.labels},
            "spec": {"hostNetwork": self.host_network, "containers": [{"name": "c", "image": "c", "ports": ports}]},
            "status": {"podIP": self.address},
        })
    }
}

impl Policy {
    fn manifest(&self, index: usize) -> Value {
        let rules = |rules: &Option<Vec<Rule>>, field: &str| -> Value {
            let rule = |rule: &Rule| {
                json!({field: rule.peers.as_ref().map(|peers| peers.iter().map(Peer::manifest).collect::<Vec<_>>()),
                "ports": rule.ports.as_ref().map(|ports| ports.iter().map(Port::manifest).collect::<Vec<_>>())})
            };
            json!(rules.as_ref().map(|rules| rules.iter().map(rule).collect::<Vec<_>>()))
        };
        json!({
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {"name": format!("n{index}"), "namespace": self.namespace},
            "spec": {
                "podSelector": self.pod_selector.manifest(),
                "policyTypes": self.types,
                "ingress": rules(&self.ingress, "from"),
                "egress": rules(&self.egress, "to"),
            },
        })
    }
}

impl Selector {
    fn manifest(&self) -> Value {
        let expressions: Vec<Value> = self
            .expressions
            .iter()
            .map(|(key, operator, values)| json!({"key": key, "operator": operator, "values": values}))
            .collect();
        json!({"matchLabels": self.labels, "matchExpressions": expressions})
    }
}

impl Peer {
    fn manifest(&self) -> Value {
        match self {
            Self::Pods { pods, namespaces } => json!({
                "podSelector": pods.as_ref().map(Selector::manifest),
                "namespaceSelector": namespaces.as_ref().map(Selector::manifest),
            }),
            Self::Block { cidr, except } => json!({"ipBlock": {"cidr": cidr, "except": except}}),
        }
    }
}

impl Port {
    fn manifest(&self) -> Value {
        let port = self.port.as_ref().map(|port| match port {
            Ok(number) => json!(number),
            Err(name) => json!(name),
        });
        json!({"protocol": self.protocol, "port": port, "endPort": self.end})
    }
}
