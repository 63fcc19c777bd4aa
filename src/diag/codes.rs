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
    DuplicateNamespace "duplicate-namespace" Error free "Two Namespace manifests have the same name, so one replaces the other.";
    PodsDiffer "pods-differ" Warning free "Pods of one owner differ in what policies look at, so no statement holds for all of them.";
    PortNameOnBlock "port-name-on-block" Warning free "A rule names a port of destinations outside the cluster, which have no port names.";
    PolicyUnknownField "policy-unknown-field" Warning free "A NetworkPolicy has a field that the API does not know.";
    // Policies.
    PolicyExists "policy-exists" Error fixed "A policy that this project did not write has the name of one to be generated.";
    PolicyNameCollision "policy-name-collision" Error fixed "Two different generated policies would get the same name.";
    PolicyLeft "policy-left" Warning free "A generated policy that nothing asks for is left, because another package may have written it.";
    PolicyPruned "policy-pruned" Warning free "A generated policy is removed because creation of policies is switched off.";
    TrafficBlocked "traffic-blocked" Warning free "A generated policy cuts off traffic that cannot be allowed from the manifests.";
    NotAnObject "not-an-object" Warning free "An item of a ResourceList or a document of a file is no Kubernetes object.";
    DirectoryLink "directory-link" Warning free "A symbolic link to a directory, found inside a directory, is not followed.";
    OutsideAccessDecided "outside-access-decided" Info free "A hand-written policy already says who outside the cluster may come in, so nothing is opened for external traffic.";
    ReferenceNotGranted "reference-not-granted" Warning free "A route sends traffic to a Service of another namespace, and no ReferenceGrant in the input allows it.";
    ScrapePortUnknown "scrape-port-unknown" Error fixed "Metrics are to be scraped, but neither an annotation nor a declared port says where.";
    WebhookPortNotFound "webhook-port-not-found" Error fixed "A webhook or APIService names a port that its Service does not have.";
    ListItem "list-item" Warning free "The members of a List inside a ResourceList are not read.";
    KustomizationInput "kustomization-input" Warning free "A directory has a kustomization file; its resources are read as they stand.";
}
