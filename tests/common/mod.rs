//! Helpers that several test programs share.

/// The documents of a manifest stream as the items of a ResourceList, in kyaml's compact style, with a functionConfig.
pub(crate) fn resource_list(stream: &str, function_config: &str) -> String {
    let mut list = String::from("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n");
    for document in split_documents(stream) {
        for (index, line) in document.lines().enumerate() {
            list.push_str(match (index, line.is_empty()) {
                (0, _) => "- ",
                (_, true) => "",
                (_, false) => "  ",
            });
            list.push_str(line);
            list.push('\n');
        }
    }
    list.push_str("functionConfig: ");
    list.push_str(function_config);
    list.push('\n');
    list
}

/// The documents of a stream whose separators are lines of their own.
pub(crate) fn split_documents(text: &str) -> Vec<&str> {
    text.split("\n---\n")
        .map(|part| part.trim_start_matches("---\n"))
        .filter(|part| part.lines().any(|line| !line.trim().is_empty() && !line.starts_with('#')))
        .collect()
}

/// The ResourceList without `results`, which say something about a run and not about the resources.
pub(crate) fn without_results(list: &str) -> &str {
    list.split("\nresults:").next().unwrap_or(list)
}
