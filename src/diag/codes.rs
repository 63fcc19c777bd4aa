//! Every finding code: its name, default severity and what it means. This is the one list of them.

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Good to know.
    Info,
    /// Probably not what is meant, but the output is complete.
    Warning,
    /// The input cannot be compiled, or a promise does not hold: exit code 1.
    Error,
}

impl Severity {
    /// KRM's spelling.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Defines the codes with their kebab-case names, default severities and descriptions in one table.
macro_rules! codes {
    ($($variant:ident $name:literal $severity:ident $fixed:ident $description:literal;)*) => {
        /// Which rule found something. The kebab-case name is part of the interface.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $description] $variant,)*
        }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name that users see and write in `rules`.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Severity unless `rules` says otherwise.
            #[must_use]
            pub fn default_severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)* }
            }

            /// Whether `rules` may change the severity: not for input that cannot be compiled.
            #[must_use]
            pub fn can_be_changed(self) -> bool {
                match self { $(Self::$variant => codes!(@ $fixed),)* }
            }

            /// What it means, one sentence.
            #[must_use]
            pub fn description(self) -> &'static str {
                match self { $(Self::$variant => $description,)* }
            }

            /// Finds a code by its name.
            #[must_use]
            pub fn parse(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|code| code.name() == name)
            }
        }
    };
    (@ fixed) => { false };
    (@ free) => { true };
}

// `fixed`: input that cannot be compiled; `rules` cannot turn it off. Descriptions are complete sentences.
codes! {
    // The envelope and YAML.
    InvalidInput "invalid-input" Error fixed "The input is not the UTF-8 YAML or the single ResourceList that it must be.";
    DuplicateKey "duplicate-key" Error fixed "A mapping on a path that is read or edited has the same key twice.";
    InvalidField "invalid-field" Error fixed "A field of an object has a value of the wrong type or form.";
    CannotEdit "cannot-edit" Error fixed "A label would have to be written where the text cannot be edited safely.";
    EmptyInput "empty-input" Error fixed "There is nothing to render.";
    OutputMismatch "output-mismatch" Error fixed "The output, read again, does not say what was planned: a defect of this program.";
    OutputPath "output-path" Error fixed "An object would have to be written to a file outside of the output directory, or to one that cannot be.";
    // The configuration.
    InvalidConfig "invalid-config" Error fixed "The functionConfig or a --set value has an unknown field or a value that is not allowed.";
    ConfigNoEffect "config-no-effect" Info free "A switch of the operator's chart has no meaning at build time.";
    UnusedSetting "unused-setting" Info free "A setting names something that the input does not have.";
    // ClientIntents, ProtectedServices and annotations.
    InvalidIntents "invalid-intents" Error fixed "A ClientIntents object breaks a validation rule.";
    DuplicateIntents "duplicate-intents" Error fixed "Two ClientIntents objects are for the same client.";
    InvalidProtectedService "invalid-protected-service" Error fixed "A ProtectedService object breaks a validation rule.";
    InvalidCalledBy "invalid-called-by" Error fixed "A called-by annotation cannot be read.";
    InvalidIdentity "invalid-identity" Error fixed "A workload's name cannot be written as a label value.";
    OverriddenKind "overridden-kind" Error fixed "Intents give a kind for a workload whose name comes from an annotation or image, so they would select nothing.";
    AmbiguousName "ambiguous-name" Error fixed "A name matches two different objects whose names kustomize changed.";
    IntentFieldNoEffect "intent-field-no-effect" Warning free "A field of a call does not belong to the call's type and has no effect.";
    NoClientIntents "no-client-intents" Warning free "The input has no ClientIntents at all; a selector may hide them.";
    IntentsHidden "intents-hidden" Error fixed "The input has generated policies but nothing that could have asked for them; a selector may hide the intents.";
    CallLabelsRemoved "call-labels-removed" Warning free "Pods lose the labels of their calls, and nothing in the input could have asked for them; a selector may hide the intents.";
    UnknownIntentsVersion "unknown-intents-version" Error fixed "A ClientIntents object has an API version that is not known.";
    ClientNotFound "client-not-found" Warning free "The client workload of a ClientIntents object is not in the input.";
    ServerNotFound "server-not-found" Warning free "The workload that an intent calls is not in the input.";
    ServiceNotFound "service-not-found" Warning free "A Service that is referred to is not in the input.";
    ServiceWithoutSelector "service-without-selector" Error fixed "A Service that is a target has no selector, so no pods can be selected.";
    ServiceWithoutPorts "service-without-ports" Error fixed "A Service that is a target has no ports, so a policy would have to open all of them.";
    UnresolvedDomain "unresolved-domain" Error fixed "An internet target names a domain whose addresses are not known.";
    ApiServerUnknown "api-server-unknown" Error fixed "The API server's addresses are needed and not known.";
    NoEgressRules "no-egress-rules" Warning free "No target of a client can be expressed as an egress rule, so its egress is not restricted.";
    IdentityCollision "identity-collision" Error fixed "Two different targets would share one access label, which would open both to the clients of either.";
    NamespaceNotFound "namespace-not-found" Info free "A Namespace manifest is not in the input, so its standard name label is used.";
    NamespaceMissing "namespace-missing" Warning free "An object has no namespace and is taken to be in the default one.";
    NamespaceNotAllowed "namespace-not-allowed" Warning free "An intent is left out because its namespace is not among watchedNamespaces.";
    SameNameTwoKinds "same-name-two-kinds" Warning free "Two workloads of different kinds share a name, and an intent without kind means both.";
    ImmutableTemplate "immutable-template" Warning free "The template of a Job cannot be changed once it exists in the cluster.";
    SelectorUsesOurLabel "selector-uses-our-label" Error fixed "A workload's own immutable selector uses a label that would have to change.";
    NoPodTemplate "no-pod-template" Warning free "A workload has no pod template to label.";
    InvalidContainerPort "invalid-container-port" Warning free "A container port has no number and is left out.";
    MisplacedAnnotation "misplaced-annotation" Warning free "An annotation that is read on pod templates stands on the workload itself and has no effect.";
    NameMissing "name-missing" Warning free "A workload or Service has no name, so it can be neither matched nor labelled.";
    // NetworkPolicies of the input.
    InvalidPolicy "invalid-policy" Error free "The API server would refuse a NetworkPolicy, so it is left out of the analysis.";
    InvalidPolicySelector "invalid-policy-selector" Error free "A selector of a NetworkPolicy is not one that the API server takes.";
    InvalidPolicyPeer "invalid-policy-peer" Error free "A peer of a NetworkPolicy's rule is empty or mixes an ipBlock with selectors.";
    InvalidPolicyBlock "invalid-policy-block" Error free "An ipBlock of a NetworkPolicy is not a network, or an exception is not inside it.";
    InvalidPolicyPort "invalid-policy-port" Error free "A port of a NetworkPolicy's rule has a number, name, range or protocol that does not exist.";
    DuplicatePolicy "duplicate-policy" Error free "Two NetworkPolicies have the same namespace and name, so one replaces the other.";
    DuplicateService "duplicate-service" Warning free "Two Services have the same namespace and name, so one replaces the other.";
    DuplicateObject "duplicate-object" Warning free "Two workloads or ClientIntents have the same kind, namespace and name, so one replaces the other.";
    PolicyNotJudged "policy-not-judged" Warning free "A policy of a kind that is not judged may deny or allow more than the verdicts say.";
    DuplicateNamespace "duplicate-namespace" Error free "Two Namespace manifests have the same name, so one replaces the other.";
    PodsDiffer "pods-differ" Warning free "Pods of one owner differ in what policies look at, so no statement holds for all of them.";
    PortNameOnBlock "port-name-on-block" Warning free "A rule names a port of destinations outside the cluster, which have no port names.";
    DeprecatedPolicyApi "deprecated-policy-api" Warning free "A NetworkPolicy has an apiVersion that clusters no longer serve.";
    PolicyUnknownField "policy-unknown-field" Warning free "A NetworkPolicy has a field that the API does not know.";
    // Declared calls, judged.
    IntentDenied "intent-denied" Error free "A declared call does not work: a policy on one end refuses it.";
    IntentPartlyDenied "intent-partly-denied" Warning free "A declared call works on some of the server's ports and not on others.";
    IntentUnknown "intent-unknown" Warning free "Whether a declared call works depends on something that the input does not say.";
    ServiceSelectsNothing "service-selects-nothing" Warning free "A Service that is called selects no workload of the input.";
    TargetPortMissing "target-port-missing" Warning free "A Service that is called leads to a port that its pods do not declare.";
    UndeclaredOpen "undeclared-open" Warning free "A policy opens a protected workload to somebody though no intent asks for it.";
    OpenedOnPurpose "opened-on-purpose" Info free "A policy opens a workload because a switch of the configuration or an exposed Service asks for it.";
    UnprotectedWorkload "unprotected-workload" Info free "No policy isolates the ingress of a workload.";
    // Traffic that nobody declares, judged.
    BlockedLoadBalancer "blocked-load-balancer" Warning free "Policies keep traffic from outside away from the pods behind a LoadBalancer Service.";
    BlockedNodePort "blocked-node-port" Warning free "Policies keep traffic from outside away from the pods behind a NodePort Service.";
    BlockedIngress "blocked-ingress" Warning free "Policies keep the ingress controller away from the pods behind an Ingress or Route.";
    BlockedGateway "blocked-gateway" Warning free "Policies keep the gateway away from the pods behind a route.";
    BlockedMetrics "blocked-metrics" Warning free "Policies keep the metrics collector away from pods that ask to be scraped.";
    BlockedWebhook "blocked-webhook" Warning free "Policies keep the API server away from the pods behind a webhook.";
    BlockedApiService "blocked-api-service" Warning free "Policies keep the API server away from the pods behind an APIService.";
    BlockedDns "blocked-dns" Warning free "A workload may connect to others but not ask DNS for their addresses.";
    DnsTcpMissing "dns-tcp-missing" Info free "A workload may ask DNS over UDP but not over TCP, which long answers need.";
    BlockedReplicas "blocked-replicas" Info free "Policies keep the replicas of a StatefulSet away from each other.";
    TrafficUnknown "traffic-unknown" Info free "Whether traffic is let through depends on pods that the input does not have.";
    // Lints of NetworkPolicies. The annotation `enforce-intents/ignore` on a policy silences them for it.
    PolicySelectsNothing "policy-selects-nothing" Warning free "A policy selects no workload of its namespace.";
    PeerSelectsNothing "peer-selects-nothing" Warning free "A peer of a rule selects no workload, though its namespaces are in the input.";
    PeerOutsideInput "peer-outside-input" Info free "A peer of a rule selects namespaces or pods that the input does not have.";
    AndOrSuspicion "and-or-suspicion" Warning free "A namespaceSelector and a podSelector are two peers, either of which suffices, where one peer with both may be meant.";
    NullMatchLabels "null-match-labels" Warning free "A selector has matchLabels without a value and so selects everything.";
    PolicyOnHostNetwork "policy-on-host-network" Warning free "A policy selects pods on the node's network, which it does not isolate.";
    PeerOnHostNetwork "peer-on-host-network" Warning free "A peer means pods on the node's network, which selectors do not select.";
    RulesIgnored "rules-ignored" Warning free "A policy has rules for a direction that its policyTypes leave out.";
    EmptyEgressDeniesIngress "empty-egress-denies-ingress" Warning free "A policy with an empty list of egress rules and no policyTypes denies ingress and not egress.";
    PolicyTypesMissing "policy-types-missing" Info free "A policy does not say to which directions it applies.";
    OpenIngressRule "open-ingress-rule" Info free "An ingress rule lets everybody in on every port.";
    OpenEgressRule "open-egress-rule" Info free "An egress rule lets everything out.";
    AllNamespacesPeer "all-namespaces-peer" Info free "A rule means every pod of every namespace.";
    RuleWithoutPorts "rule-without-ports" Info free "A rule names peers but no ports, so it opens all of them.";
    PortNameUnknown "port-name-unknown" Warning free "A rule names a port that none of the pods in question declares.";
    ServicePortUsed "service-port-used" Warning free "A rule has the port of a Service where policies see the port of the pods.";
    PortNotDeclared "port-not-declared" Info free "A rule has a port that none of the pods in question declares.";
    WidePortRange "wide-port-range" Info free "A rule opens more than a thousand ports in one range.";
    DangerousPort "dangerous-port" Warning free "A rule opens an administration port to everybody.";
    PortWithoutProtocol "port-without-protocol" Info free "A port of a rule leaves the protocol to the default, TCP.";
    ClusterIpInBlock "cluster-ip-in-block" Warning free "An ipBlock names the cluster IP of a Service, which policies do not see.";
    PodAddressInBlock "pod-address-in-block" Info free "An ipBlock contains the address of a pod, which it may or may not match.";
    OpenToInternet "open-to-internet" Info free "An ingress rule lets every address in.";
    InternetOpen "internet-open" Info free "An egress rule lets out to every address.";
    MetadataAddressOpen "metadata-address-open" Info free "An egress rule opens the cloud's metadata address.";
    RedundantRule "redundant-rule" Info free "Another rule of the policy allows all that this one does.";
    RedundantPolicy "redundant-policy" Info free "Another policy selects the same pods and allows all that this one does.";
    NamespaceWithoutPolicy "namespace-without-policy" Info free "A namespace has workloads and no policy at all.";
    NoDefaultDeny "no-default-deny" Info free "A namespace has policies but none that isolates all of its pods.";
    // Policies.
    PolicyExists "policy-exists" Error fixed "A policy that this project did not write has the name of one to be generated.";
    PolicyNameCollision "policy-name-collision" Error fixed "Two different generated policies would get the same name.";
    PolicyLeft "policy-left" Warning free "A generated policy that nothing asks for is left, because another package may have written it.";
    PolicyPruned "policy-pruned" Warning free "A generated policy is removed because the configuration says to write none, or none that are enforced.";
    NativeLabelsNotUnique "native-labels-not-unique" Error fixed "With `selectors: native`, no labels that a workload's pods have already select them and no other pods of the input.";
    NativeLabelsUnknown "native-labels-unknown" Error fixed "With `selectors: native`, a workload is not in the input, or its pods have no labels to select them by.";
    NativeLabelsOutside "native-labels-outside" Info free "With `selectors: native`, pods that the input does not have are meant too if they have the same labels.";
    PoliciesStaged "policies-staged" Info free "Policies are staged: Calico reports what they would do and enforces nothing.";
    SyncWaveOrder "sync-wave-order" Warning free "Argo CD applies policies before or together with a workload that needs a label for them.";
    LabelsAndPoliciesAtOnce "labels-and-policies-at-once" Warning free "Labels and the policies that need them change in one step, so pods are cut off until all of them have rolled.";
    TrafficBlocked "traffic-blocked" Warning free "A generated policy cuts off traffic that cannot be allowed from the manifests.";
    NotAnObject "not-an-object" Warning free "An item of a ResourceList or a document of a file is no Kubernetes object.";
    DirectoryLink "directory-link" Warning free "A symbolic link to a directory, found inside a directory, is not followed.";
    OutsideAccessDecided "outside-access-decided" Info free "A hand-written policy already says who outside the cluster may come in, so nothing is opened for external traffic.";
    ReferenceNotGranted "reference-not-granted" Warning free "A route sends traffic to a Service of another namespace, and no ReferenceGrant in the input allows it.";
    ScrapePortUnknown "scrape-port-unknown" Error fixed "Metrics are to be scraped, but neither an annotation nor a declared port says where.";
    WebhookPortNotFound "webhook-port-not-found" Error fixed "A webhook or APIService names a port that its Service does not have.";
    ListItem "list-item" Warning free "The members of a List inside a ResourceList are not read.";
    KustomizationInput "kustomization-input" Warning free "A directory has a kustomization file; its resources are read as they stand.";
    // Suggestions.
    NothingToSuggest "nothing-to-suggest" Info free "Nothing in the input says of a call that no intent declares.";
    OwnAddress "own-address" Info free "A workload is told its own address, which is no call.";
    UnknownHost "unknown-host" Info free "An address has the form of a Service that is not in the input.";
    OutsideHost "outside-host" Info free "A workload calls a host outside the cluster, which is an internet target only if asked for.";
    ApiServerCall "api-server-call" Info free "A workload calls the API server, which needs an intent only where egress is restricted.";
    EntryPoint "entry-point" Info free "A workload is called from outside the cluster, which intents do not declare.";
    ConfigMapNotFound "config-map-not-found" Info free "A workload uses a ConfigMap that is not in the input, so its addresses are not known.";
    NotSuggested "not-suggested" Info free "Something looks like a call and cannot be suggested as an intent.";
    FlowDropped "flow-dropped" Info free "An observed flow was dropped, so it is not suggested.";
    FlowPeerUnknown "flow-peer-unknown" Info free "An observed flow has an end that is no workload of the input.";
    InvalidFlow "invalid-flow" Warning free "A line of a flow file is no JSON object with a flow.";
    NotRendered "not-rendered" Error free "A stream that should be the output of a run has workloads or intents and nothing that a run writes.";
    StaleRender "stale-render" Error free "An object of a stream that should be the output of a run is not as a run would leave it.";
    RenderNotCompared "render-not-compared" Warning free "A stream cannot be compared with the output of a run, because it lacks what the policies were made from.";
}
