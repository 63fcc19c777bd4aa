//! `check`, `list`, `explain` and `diff`: the commands that judge manifests.

use super::{deployment, manifests, run};
use std::path::Path;

#[test]
fn check_rendered_notices_that_the_function_did_not_run() {
    let skipped = run(&["check", "--rendered", "testdata/examples/tutorial"], &[], "");
    assert_eq!(skipped.code, Some(1), "{}", skipped.stdout);
    assert!(skipped.stderr.contains("error[not-rendered]"), "{}", skipped.stderr);
    let rendered = run(&["render", "testdata/examples/tutorial"], &[], "");
    let good = run(&["check", "--rendered", "-"], &[], &rendered.stdout);
    assert_eq!(good.code, Some(0), "{}{}", good.stdout, good.stderr);
    let other = run(&["check", "--rendered", "--set", "profile=v2", "-"], &[], &rendered.stdout);
    assert_eq!(other.code, Some(1), "{}", other.stdout);
    assert!(other.stderr.contains("error[stale-render]"), "{}", other.stderr);
    assert_eq!(run(&["check", "--rendered", "--as-is", "-"], &[], "").code, Some(2));
}

/// What was to print the manifests failed, and nobody set `pipefail`.
#[test]
fn check_fails_on_nothing() {
    for arguments in [&["check"][..], &["check", "--as-is"], &["check", "--rendered"], &["check", "--format", "json"]] {
        for input in ["", "# only a comment\n"] {
            let output = run(arguments, &[], input);
            assert_eq!(output.code, Some(1), "{arguments:?}: {}", output.stderr);
            let all = output.stdout + &output.stderr;
            assert!(all.contains("empty-input") && !all.contains("no-client-intents"), "{arguments:?}: {all}");
        }
    }
}

#[test]
fn policies_whose_intents_are_elsewhere_can_be_judged_as_they_stand() {
    let rendered = run(&["render", "testdata/examples/tutorial", "--set", "clientIntents=localConfig"], &[], "").stdout;
    for command in ["check", "list"] {
        let output = run(&[command], &[], &rendered);
        assert_eq!(output.code, Some(1), "{}", output.stderr);
        let help = "or judge the policies as they stand, with --as-is\n";
        assert!(output.stderr.contains("error[intents-hidden]") && output.stderr.contains(help), "{}", output.stderr);
        assert_eq!(run(&[command, "--as-is"], &[], &rendered).code, Some(0));
    }
}

#[test]
fn list_explain_and_diff_judge_what_render_would_print() {
    let tutorial = "testdata/examples/tutorial";
    let shown = |arguments: &[&str]| {
        let output = run(arguments, &[], "");
        assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""), "{arguments:?}");
        output.stdout
    };
    let namespace = "otterize-tutorial-npol";
    let to_server = ["--workload", "server", "--direction", "ingress"];
    let expected = format!("{namespace}/client[Deployment] => {namespace}/server[Deployment] : All Connections\n");
    assert_eq!(shown(&[&["list", tutorial], &to_server[..]].concat()), expected);
    let as_is = shown(&[&["list", tutorial, "--as-is", "--format", "csv"], &to_server[..]].concat());
    assert_eq!(as_is.lines().count(), 1 + 3, "{as_is}");
    let json = shown(&["list", tutorial, "--format", "json", "--exposure"]);
    assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok(), "{json}");

    let denied = shown(&["explain", "client-other", "server", tutorial]);
    assert!(denied.contains("All Connections: denied\n"), "{denied}");
    assert!(denied.contains("access-to-server-from-otterize-tutorial-npol (generated) isolates it"), "{denied}");
    let allowed = shown(&["explain", "client", "otterize-tutorial-npol/server[Deployment]", "--port", "80", tutorial]);
    assert!(allowed.contains("TCP 80: allowed\n"), "{allowed}");
    let partly = shown(&["explain", "ingress-controller", "booking", "testdata/examples/gateway-api"]);
    assert!(
        partly.contains("TCP 8080: allowed\n") && partly.contains("\nTo allow the rest: name the controller "),
        "{partly}"
    );
    let outside = shown(&["explain", "192.0.2.1", "server", tutorial, "--format", "json"]);
    assert!(outside.contains("\"denied\""), "{outside}");
}

#[test]
fn explain_says_which_end_it_does_not_know() {
    let two = [deployment("web"), deployment("web").replace("Deployment", "StatefulSet")].join("\n---\n");
    for (ends, says) in [
        (["wbe", "web[Deployment]"], "error: no workload is named `wbe`; did you mean `web`?\n"),
        (
            ["web[Deployment]", "web"],
            "error: `web` names several workloads: default/web[Deployment], default/web[StatefulSet]\n",
        ),
    ] {
        let output = run(&["explain", ends[0], ends[1], "--namespace-of-none"], &[], &two);
        assert_eq!(output.code, Some(2));
        let output = run(&["explain", ends[0], ends[1]], &[], &two);
        assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""));
        assert!(output.stderr.ends_with(says), "{}", output.stderr);
    }
    for (port, fault) in [
        ("0", "a port is a number from 1 to 65535"),
        ("tcp/99999", "a port is a number from 1 to 65535"),
        ("web/80", "write 80 or UDP/53"),
    ] {
        let output = run(&["explain", "web[Deployment]", "web[StatefulSet]", "--port", port], &[], &two);
        assert_eq!(output.code, Some(2), "{port}");
        assert!(output.stderr.contains(fault), "{}", output.stderr);
    }
    let output = run(&["explain", "web[Deployment]", "web[StatefulSet]", "--port", "htp"], &[], &two);
    assert!(output.stderr.ends_with("error: the destination has no port named `htp`\n"), "{}", output.stderr);
}

/// Manifests without a namespace, as charts print them. `list` and `graph` take `--namespace` as a filter.
#[test]
fn every_command_puts_manifests_into_the_namespace_that_is_named() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli-namespace");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("manifests.yaml");
    std::fs::write(&file, manifests()).unwrap();
    let file = file.to_str().unwrap();
    for (arguments, says) in [
        (&["render", file, "--namespace", "mail"][..], "name: access-to-api-from-mail\n"),
        (&["check", file, "--namespace", "mail"], "allowed: mail/web => mail/api"),
        (&["explain", "mail/web", "mail/api", file, "--namespace", "mail"], "All Connections: allowed\n"),
        (&["diff", file, file, "--namespace", "mail"], ""),
        (
            &["list", file, "--set", "namespace=mail", "--namespace", "mail"],
            "mail/web[Deployment] => mail/api[Deployment]",
        ),
        (&["graph", file, "--set", "namespace=mail", "--namespace", "mail"], "[\"mail\"]"),
    ] {
        let output = run(arguments, &[], "");
        assert_eq!(
            (output.code, output.stderr.contains("warning[")),
            (Some(0), false),
            "{arguments:?}: {}",
            output.stderr
        );
        assert!(output.stdout.contains(says), "{arguments:?}: {}", output.stdout);
    }
    for command in ["list", "graph"] {
        let output = run(&[command, file, "--namespace", "mail"], &[], "");
        assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""));
        let expected = "error: no workload is in namespace `mail`; manifests without a namespace are in `default`, and with `--set namespace=mail` in `mail`\n";
        assert!(output.stderr.ends_with(expected), "{}", output.stderr);
    }
}

/// Both are rendered again, which hides how their policies differ.
#[test]
fn diff_says_that_it_does_not_compare_the_policies_that_are_there() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli-diff-profiles");
    std::fs::create_dir_all(&folder).unwrap();
    let file = |profile: &str| {
        let rendered = run(&["render", "testdata/examples/tutorial", "--set", &format!("profile={profile}")], &[], "");
        let path = folder.join(profile).with_extension("yaml");
        std::fs::write(&path, rendered.stdout).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (classic, v2) = (file("classic"), file("v2"));
    let output = run(&["diff", &classic, &v2], &[], "");
    let expected = format!(
        "note: {v2} has policies of another run, which are rendered again; --as-is compares them as they stand\n"
    );
    assert_eq!((output.code, output.stdout.as_str(), output.stderr), (Some(0), "", expected));
    for silent in [&["diff", &classic, &classic][..], &["diff", &classic, &v2, "--as-is"]] {
        let output = run(silent, &[], "");
        assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""), "{silent:?}");
    }
}

#[test]
fn diff_can_fail_on_what_changes() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli-diff");
    std::fs::create_dir_all(&folder).unwrap();
    let (open, closed) = (folder.join("open.yaml"), folder.join("closed.yaml"));
    std::fs::write(&open, [deployment("web"), deployment("api")].join("\n---\n")).unwrap();
    std::fs::write(&closed, manifests()).unwrap();
    let (open, closed) = (open.to_str().unwrap(), closed.to_str().unwrap());
    let (missing, broken) = (folder.join("missing.yaml"), folder.join("broken.yaml"));
    std::fs::write(&broken, "a: b: c\n").unwrap();
    let (missing, broken) = (missing.to_str().unwrap(), broken.to_str().unwrap());
    for (arguments, code) in [
        (&["diff", open, closed][..], 0),
        (&["diff", open, closed, "--narrows"], 0),
        (&["diff", open, closed, "--fail-on", "added"], 0),
        (&["diff", open, closed, "--fail-on", "removed"], 1),
        (&["diff", open, closed, "--fail-on", "any"], 1),
        (&["diff", open, closed, "--fail-on", "any", "--as-is"], 0),
        (&["diff", closed, open, "--narrows"], 1),
        (&["diff", closed, open, "--fail-on", "added"], 1),
        (&["diff", open], 2),
        (&["diff", open, missing], 1),
        (&["diff", broken, closed], 1),
    ] {
        let output = run(arguments, &[], "");
        assert_eq!(output.code, Some(code), "{arguments:?}: {}", output.stderr);
        let is_unread = arguments.contains(&missing) || arguments.contains(&broken);
        assert_eq!(output.stderr.contains("error: nothing is compared"), is_unread, "{arguments:?}: {}", output.stderr);
        assert!(!is_unread || output.stdout.is_empty(), "{arguments:?}: {}", output.stdout);
    }
    let output = run(&["diff", open, closed, "--format", "txt"], &[], "");
    let expected = "Connectivity diff:\ndiff-type: removed, source: 0.0.0.0-255.255.255.255[External], destination: default/api[Deployment], ref1: All Connections, ref2: No Connections\n";
    assert_eq!(output.stdout, expected);
}

#[test]
fn a_broken_file_is_left_out_of_what_is_judged_as_it_stands() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli-broken");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("a.yaml"), manifests()).unwrap();
    std::fs::write(folder.join("b.yaml"), "a: [\n").unwrap();
    let folder = folder.to_str().unwrap();
    let output = run(&["list", folder], &[], "");
    assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""));
    let output = run(&["list", folder, "--as-is"], &[], "");
    assert_eq!(output.code, Some(1));
    assert!(output.stdout.contains("default/web[Deployment] => default/api[Deployment] : All Connections\n"));
}

#[test]
fn check_judges_every_declared_call() {
    let output = run(&["check", "testdata/examples/tutorial"], &[], "");
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    assert!(
        output.stdout.starts_with("allowed: otterize-tutorial-npol/client => otterize-tutorial-npol/server ("),
        "{}",
        output.stdout
    );
    assert!(output.stdout.contains("\n1/1 declared call allowed; 0 errors, "), "{}", output.stdout);
    let blocked = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: none}, spec: {podSelector: {}, policyTypes: [Egress]}}";
    let input = format!("{}\n---\n{blocked}\n", manifests());
    let output = run(&["check"], &[], &input);
    assert_eq!(output.code, Some(1), "{}", output.stderr);
    assert!(output.stdout.starts_with("denied: "), "{}", output.stdout);
    assert!(output.stderr.contains("error[intent-denied]"), "{}", output.stderr);
    let output = run(&["check", "--format", "json"], &[], &input);
    let report: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!((output.code, &report["intents"][0]["verdict"]), (Some(1), &serde_json::json!("denied")));
    // Manifests without a namespace are a warning.
    let codes = [&["check"][..], &["check", "--strict"]].map(|arguments| run(arguments, &[], &manifests()).code);
    assert_eq!(codes, [Some(0), Some(1)]);
    let output = run(&["check"], &[], "a: [\n");
    assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""));
}
