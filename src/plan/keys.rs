//! Every label and annotation key that this project writes, named once (`spec/otterize.md` 3 and 4).

use crate::model::labels::OUR_PREFIX;

/// Label of a pod: who it is, profile `classic`.
pub(crate) const SERVER: &str = "intents.otterize.com/server";
/// Label of a pod: who it is, profile `v2`.
pub(crate) const SERVICE: &str = "intents.otterize.com/service";
/// Label of a pod: kind of its top owner, profile `v2`.
pub(crate) const OWNER_KIND: &str = "intents.otterize.com/owner-kind";
/// Label of a pod that calls something in the cluster.
pub(crate) const CLIENT: &str = "intents.otterize.com/client";
/// Label of a pod that may call a workload; the identity of the target follows.
pub(crate) const ACCESS_PREFIX: &str = "intents.otterize.com/access-";
/// Label of a pod that may call a Service; the identity of the target follows.
pub(crate) const SERVICE_ACCESS_PREFIX: &str = "intents.otterize.com/svc-access-";
/// Label that one release of the operator wrote (v1.0.40); only ever removed.
pub(crate) const KUBERNETES_SERVICE_PREFIX: &str = "intents.otterize.com/k8s-svc-";
/// Label of a pod for the credentials operator (`credentialsOperatorLabel`).
pub(crate) const CREDENTIALS_SERVICE_NAME: &str = "credentials-operator.otterize.com/service-name";

/// Label of a Namespace, profile `classic`.
pub(crate) const NAMESPACE_NAME: &str = "intents.otterize.com/namespace-name";
/// Label that the API server gives every Namespace.
pub(crate) const STANDARD_NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";

/// Label of an access policy and of a ProtectedService's default deny.
pub(crate) const POLICY: &str = "intents.otterize.com/network-policy";
/// Label of a classic access policy for a Service.
pub(crate) const SERVICE_POLICY: &str = "intents.otterize.com/svc-network-policy";
/// Label of a ProtectedService's default deny.
pub(crate) const POLICY_DEFAULT_DENY: &str = "intents.otterize.com/network-policy-service-default-deny";
/// Label of an external-traffic policy.
pub(crate) const POLICY_EXTERNAL: &str = "intents.otterize.com/network-policy-external-traffic";
/// Label of a metrics policy.
pub(crate) const POLICY_METRICS: &str = "intents.otterize.com/network-policy-metrics-collectors";
/// Second label of a metrics policy: `pod` or `service`.
pub(crate) const POLICY_METRICS_LEVEL: &str = "intents.otterize.com/network-policy-metrics-collectors-level";
/// Label of a webhook policy.
pub(crate) const POLICY_WEBHOOKS: &str = "intents.otterize.com/network-policy-webhooks";
/// Label of a namespace's default deny (`defaultDeny`); the operator has no such policies, so the key is this project's own.
pub(crate) const POLICY_NAMESPACE_DEFAULT_DENY: &str = "intents.otterize.com/network-policy-namespace-default-deny";
/// Label of the domain policies of CNIs; this project's own key.
pub(crate) const DOMAIN_POLICY: &str = "intents.otterize.com/domain-policy";

/// Annotation of an external-traffic or metrics policy: what it was made for.
pub(crate) const CREATED_FOR_SERVICE: &str = "intents.otterize.com/created-for-service";
/// Annotation of an external-traffic policy: the Ingresses, or routes of another kind, that it was made for; the kind follows
/// in lower case.
pub(crate) const CREATED_FOR_PREFIX: &str = "intents.otterize.com/created-for-";

/// Annotation that makes kustomize, kpt and Argo CD leave an object out of what they apply.
pub(crate) const LOCAL_CONFIG: &str = "config.kubernetes.io/local-config";
/// Annotation that orders Argo CD's applying.
pub(crate) const SYNC_WAVE: &str = "argocd.argoproj.io/sync-wave";

/// Whether a pod label lets its pods call something.
pub(crate) fn is_label_of_calls(key: &str) -> bool {
    key == CLIENT || key.starts_with(ACCESS_PREFIX) || key.starts_with(SERVICE_ACCESS_PREFIX)
}

/// Whether a pod label is one that this project, or the operator before it, writes: what is not wanted of these is stale.
pub(crate) fn is_pod_label_of_ours(key: &str) -> bool {
    key.starts_with(OUR_PREFIX)
        && (matches!(key, SERVER | SERVICE | OWNER_KIND | CLIENT)
            || [ACCESS_PREFIX, SERVICE_ACCESS_PREFIX, KUBERNETES_SERVICE_PREFIX]
                .iter()
                .any(|prefix| key.starts_with(prefix)))
}
