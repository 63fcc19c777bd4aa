//! What Argo CD tells a plugin through the environment (`DESIGN.md` 1.4 rule 16, `spec/krm.md` 6.1). Read under `render` only.

use enforce_intents::read::parser;
use enforce_intents::read::tree::Node;
use std::collections::BTreeMap;

/// A setting together with the variable that it came from.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FromEnvironment {
    /// The variable, for the message that tells where the setting came from.
    pub(super) variable: String,
    /// The field of the functionConfig.
    pub(super) key: String,
    /// Its value; lists are comma-separated.
    pub(super) value: String,
}

/// The settings in the variables of Argo CD's plugin contract, weakest first: `ARGOCD_APP_NAMESPACE`, then `PARAM_*`, then
/// `ARGOCD_APP_PARAMETERS`. `fields` are the names of the functionConfig's fields: `PARAM_*` lost their capitals.
///
/// # Errors
/// One line, if `ARGOCD_APP_PARAMETERS` is not the list that Argo CD sends.
pub(super) fn settings(variables: &BTreeMap<String, String>, fields: &[&str]) -> Result<Vec<FromEnvironment>, String> {
    let mut settings = Vec::new();
    if let Some(namespace) = variables.get("ARGOCD_APP_NAMESPACE").filter(|namespace| !namespace.is_empty()) {
        settings.push(FromEnvironment {
            variable: "ARGOCD_APP_NAMESPACE".to_owned(),
            key: "namespace".to_owned(),
            value: namespace.clone(),
        });
    }
    settings.extend(fields.iter().filter_map(|field| single_parameter(variables, field)));
    if let Some(list) = variables.get("ARGOCD_APP_PARAMETERS").filter(|list| !list.trim().is_empty()) {
        settings.extend(parameter_list(list)?);
    }
    Ok(settings)
}

/// `PARAM_<FIELD>`, or `PARAM_<FIELD>_0`, `PARAM_<FIELD>_1`, ... for a list.
fn single_parameter(variables: &BTreeMap<String, String>, field: &str) -> Option<FromEnvironment> {
    let variable = format!("PARAM_{}", field.to_ascii_uppercase());
    let value = variables.get(&variable).cloned().or_else(|| {
        let items: Vec<&str> =
            (0..).map_while(|index| variables.get(&format!("{variable}_{index}"))).map(String::as_str).collect();
        (!items.is_empty()).then(|| items.join(","))
    })?;
    Some(FromEnvironment { variable, key: field.to_owned(), value })
}

/// `[{"name": "profile", "string": "v2"}, {"name": "watchedNamespaces", "array": ["a", "b"]}]`
fn parameter_list(json: &str) -> Result<Vec<FromEnvironment>, String> {
    let fault = || "ARGOCD_APP_PARAMETERS is not a list of parameters with a name each".to_owned();
    let (tree, documents) = parser::parse(json).map_err(|_| fault())?;
    let root = documents.first().map(|document| tree.node(json, document.root)).ok_or_else(fault)?;
    if root.is_null() {
        return Ok(Vec::new());
    }
    if !root.is_sequence() {
        return Err(fault());
    }
    let mut settings = Vec::new();
    for parameter in root.items() {
        let name = parameter.get("name").and_then(Node::as_str).ok_or_else(fault)?;
        let mut add = |key: String, value: String| {
            settings.push(FromEnvironment { variable: "ARGOCD_APP_PARAMETERS".to_owned(), key, value });
        };
        if let Some(value) = parameter.get("string").and_then(Node::as_str) {
            add(name.to_owned(), value.to_owned());
        } else if let Some(array) = parameter.get("array").filter(|array| array.is_sequence()) {
            add(name.to_owned(), array.items().filter_map(Node::as_str).collect::<Vec<_>>().join(","));
        } else if let Some(map) = parameter.get("map").filter(|map| map.is_mapping()) {
            for (key, value) in map.entries() {
                add(
                    format!("{name}.{}", key.as_str().unwrap_or_default()),
                    value.as_str().unwrap_or_default().to_owned(),
                );
            }
        } else {
            return Err(format!("the parameter `{name}` in ARGOCD_APP_PARAMETERS has no string, array or map"));
        }
    }
    Ok(settings)
}

/// What Argo CD tells a plugin about the cluster, besides the variables with a prefix of their own.
const CLUSTER_VARIABLES: [&str; 2] = ["KUBE_VERSION", "KUBE_API_VERSIONS"];

/// The argument with every `$(NAME)` replaced by that variable, as Kubernetes does it in a container's arguments. Only variables
/// of Argo CD's plugin contract are known.
///
/// # Errors
/// One line, if a variable is not set or not one of the contract's: an argument that is not what was meant must not be used.
pub(super) fn substitute(argument: &str, variables: &BTreeMap<String, String>) -> Result<String, String> {
    let mut result = String::new();
    let mut rest = argument;
    while let Some((before, after)) = rest.split_once("$(") {
        let Some((name, after)) = after.split_once(')') else { break };
        let is_known = ["ARGOCD_", "PARAM_"].iter().any(|prefix| name.starts_with(prefix));
        if !is_known && !CLUSTER_VARIABLES.contains(&name) {
            return Err(format!(
                "$({name}) is none of the variables that Argo CD gives a plugin (ARGOCD_*, PARAM_*, KUBE_VERSION)"
            ));
        }
        let value = variables.get(name).ok_or_else(|| format!("$({name}) is not set"))?;
        result.push_str(before);
        result.push_str(value);
        rest = after;
    }
    result.push_str(rest);
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::{settings, substitute};
    use std::collections::BTreeMap;

    #[test]
    fn reads_the_variables_of_the_plugin_contract() {
        let fields = ["profile", "watchedNamespaces"];
        let check = |variables: &[(&str, &str)], expected: Result<&[&str], &str>| {
            let variables: BTreeMap<String, String> =
                variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            let found = settings(&variables, &fields).map(|settings| {
                settings
                    .iter()
                    .map(|one| format!("{}={} from {}", one.key, one.value, one.variable))
                    .collect::<Vec<_>>()
            });
            let expected = expected
                .map(|lines| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>())
                .map_err(str::to_owned);
            assert_eq!(found, expected);
        };
        check(&[], Ok(&[]));
        check(&[("ARGOCD_APP_NAMESPACE", "")], Ok(&[]));
        check(&[("ARGOCD_APP_NAMESPACE", "shop")], Ok(&["namespace=shop from ARGOCD_APP_NAMESPACE"]));
        check(
            &[("PARAM_PROFILE", "v2"), ("PARAM_UNRELATED", "x"), ("ARGOCD_ENV_PROFILE", "x")],
            Ok(&["profile=v2 from PARAM_PROFILE"]),
        );
        check(
            &[("PARAM_WATCHEDNAMESPACES_0", "a"), ("PARAM_WATCHEDNAMESPACES_1", "b")],
            Ok(&["watchedNamespaces=a,b from PARAM_WATCHEDNAMESPACES"]),
        );
        check(
            &[(
                "ARGOCD_APP_PARAMETERS",
                r#"[{"name":"profile","string":"v2"},{"name":"watchedNamespaces","array":["a","b"]},{"name":"rules","map":{"list-item":"off"}}]"#,
            )],
            Ok(&[
                "profile=v2 from ARGOCD_APP_PARAMETERS",
                "watchedNamespaces=a,b from ARGOCD_APP_PARAMETERS",
                "rules.list-item=off from ARGOCD_APP_PARAMETERS",
            ]),
        );
        check(&[("ARGOCD_APP_PARAMETERS", "null")], Ok(&[]));
        check(&[("ARGOCD_APP_PARAMETERS", "[]")], Ok(&[]));
        let fault = "ARGOCD_APP_PARAMETERS is not a list of parameters with a name each";
        check(&[("ARGOCD_APP_PARAMETERS", "{")], Err(fault));
        check(&[("ARGOCD_APP_PARAMETERS", "[{}]")], Err(fault));
        check(
            &[("ARGOCD_APP_PARAMETERS", r#"[{"name":"profile"}]"#)],
            Err("the parameter `profile` in ARGOCD_APP_PARAMETERS has no string, array or map"),
        );
    }

    #[test]
    fn replaces_variables_of_the_contract_only() {
        let variables = BTreeMap::from([
            ("ARGOCD_APP_NAME".to_owned(), "shop".to_owned()),
            ("KUBE_VERSION".to_owned(), "1.33".to_owned()),
            ("ARGOCD_ENV_TAG".to_owned(), "$(ARGOCD_APP_NAME) ".to_owned()),
            ("HOME".to_owned(), "/root".to_owned()),
        ]);
        for (argument, expected) in [
            ("", Ok("")),
            ("template", Ok("template")),
            ("$(ARGOCD_APP_NAME)", Ok("shop")),
            ("a-$(ARGOCD_APP_NAME)-$(ARGOCD_APP_NAME)-b", Ok("a-shop-shop-b")),
            ("--kube-version=$(KUBE_VERSION)", Ok("--kube-version=1.33")),
            // Values are not read again.
            ("$(ARGOCD_ENV_TAG)", Ok("$(ARGOCD_APP_NAME) ")),
            ("$ARGOCD_APP_NAME ${ARGOCD_APP_NAME} $(ARGOCD", Ok("$ARGOCD_APP_NAME ${ARGOCD_APP_NAME} $(ARGOCD")),
            ("$(ARGOCD_APP_REVISION)", Err("$(ARGOCD_APP_REVISION) is not set")),
            (
                "$(HOME)",
                Err("$(HOME) is none of the variables that Argo CD gives a plugin (ARGOCD_*, PARAM_*, KUBE_VERSION)"),
            ),
        ] {
            let expected = expected.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(substitute(argument, &variables), expected, "{argument}");
        }
    }
}
