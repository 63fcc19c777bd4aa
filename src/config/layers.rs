//! Which resources of a package configure the run (`DESIGN.md` 1.2).

use super::raw::KIND;
use crate::diag::{Code, Finding, Findings};
use crate::model::place::ResourceId;
use crate::read::package::{Package, Resource, Role};

/// The functionConfigs, weakest first: the one in the input, then the file of `--config`. Two in the input are an error.
///
/// In a ResourceList only its own field counts: kpt hands the functionConfig's file over as an item, too, and so are
/// those of other packages.
#[must_use]
pub fn layers(package: &Package) -> (Vec<ResourceId>, Findings) {
    let mut findings = Findings::default();
    let mut layers: Vec<ResourceId> = Vec::new();
    let mut in_input: Vec<(ResourceId, &Resource)> = package
        .iter()
        .filter(|(id, resource)| Some(*id) != package.config_file && configures(package, resource))
        .collect();
    // A ResourceList among the files has its functionConfig twice: in its field, which leads, and as an item.
    in_input.sort_by_key(|(id, resource)| (resource.role != Role::FunctionConfig, *id));
    let mut in_input = in_input.into_iter();
    if let Some((first, resource)) = in_input.next() {
        layers.push(first);
        for (second, _) in in_input.filter(|(_, other)| !is_same_object(resource, other)) {
            findings.0.extend(two(package, first, second));
        }
    }
    layers.extend(package.config_file);
    (layers, findings)
}

fn configures(package: &Package, resource: &Resource) -> bool {
    resource.role == Role::FunctionConfig || (package.resource_list.is_none() && resource.kind == KIND)
}

fn is_same_object(one: &Resource, other: &Resource) -> bool {
    one.role == Role::FunctionConfig
        && other.role != Role::FunctionConfig
        && (&one.kind, &one.name, &one.namespace) == (&other.kind, &other.name, &other.namespace)
}

fn two(package: &Package, first: ResourceId, second: ResourceId) -> Option<Finding> {
    let place = |id| Some(Package::place(id, package.node(id)?));
    let message = "functionConfig: there are two in the input, and only one can configure the run";
    let finding = Finding::new(Code::InvalidConfig, place(second), message);
    let finding = finding.with_help("remove one, or name it with --config and keep it out of the input");
    Some(finding.with_related(place(first)?, "the other one"))
}

#[cfg(test)]
mod tests {
    use super::layers;
    use crate::read::stream;
    use crate::source::{SourceOrigin, SourceText};

    #[test]
    fn finds_the_configuration_in_the_input() {
        let check = |input: &str, config: Option<&str>, names: &[&str], faults: usize| {
            let source = |text: &str| SourceText { origin: SourceOrigin::File("a.yaml".into()), text: text.to_owned() };
            let (mut package, _) = stream::read(vec![source(input)]);
            if let Some(config) = config {
                assert!(!package.add_config_file(source(config)).has_errors());
            }
            let (layers, findings) = layers(&package);
            let found: Vec<&str> = layers.iter().map(|id| package.resource(*id).unwrap().name.as_str()).collect();
            assert_eq!((found.as_slice(), findings.0.len()), (names, faults), "{input}");
        };
        let one = "{apiVersion: fn.kpt.dev/v1alpha1, kind: EnforceIntents, metadata: {name: one}}";
        let two = one.replace("one", "two");
        let file = one.replace("one", "file");
        let list = |config: &str, item: &str| {
            format!(
                "{{apiVersion: config.kubernetes.io/v1, kind: ResourceList, items: [{item}], functionConfig: {config}}}"
            )
        };
        check("a: b\n", None, &[], 0);
        check(one, None, &["one"], 0);
        check(one, Some(&file), &["one", "file"], 0);
        check("a: b\n", Some(&file), &["file"], 0);
        check(&format!("{one}\n---\n{two}\n"), None, &["one"], 1);
        check(&list(one, one), None, &["one"], 0);
        check(&list(one, &two), None, &["one"], 1);
    }
}
