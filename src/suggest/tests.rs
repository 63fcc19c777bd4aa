//! Texts and what is found in them; whole bundles are in `testdata/suggest`.

use super::mention::Form;
use super::scan::{Text, mentions};
use super::{Options, suggest};
use crate::config::Config;
use crate::source::{SourceOrigin, SourceText};
use crate::suggest::CallTarget;

/// `host:port form`, one per mention that is more than a word.
fn found(text: &str, key: Option<&str>, is_command: bool) -> Vec<String> {
    let mentions = mentions(Text { text, key, is_command });
    let shown = mentions.iter().filter(|mention| mention.form != Form::Word).map(|mention| {
        let port = mention.port.map(|port| format!(":{port}")).unwrap_or_default();
        assert!(text[mention.offset..].starts_with(&mention.host));
        format!("{}{port} {:?}", mention.host, mention.form)
    });
    shown.collect()
}

#[test]
fn values_of_variables() {
    for (key, value, expected) in [
        ("A", "redis", &[][..]),
        ("REDIS_HOST", "redis", &["redis Announced"]),
        ("REDIS_HOST", "redis is fast", &[]),
        ("APP_NAME", "redis:6379", &["redis:6379 WithPort"]),
        ("A", "http://user:pass@api/x?y=z", &["api Url"]),
        ("A", "http://a:1,http://b:2", &["a:1 Url", "b:2 Url"]),
        ("A", "mongodb://u:p@m-0.m:27017,m-1.m:27017/db", &["m-0.m:27017 Url", "m-1.m:27017 Url"]),
        ("A", "jdbc:sqlserver://db:1433;databaseName=web", &["db:1433 Url"]),
        ("A", "jdbc:oracle:thin:@db:1521/web", &["db:1521 WithPort"]),
        ("A", "root:pw@tcp(db:3306)/web", &["db:3306 WithPort"]),
        ("A", "host=db port=5432 user=web", &["db Announced"]),
        ("A", "dns:///cart:7070", &["cart:7070 Url"]),
        ("BROKERS", "a:9092, b:9092", &["a:9092 Announced", "b:9092 Announced"]),
        ("CACHE_SERVERS", "a,b", &["a Announced", "b Announced"]),
        ("A", "http://${HOST}:80/", &[]),
        ("A", "http://api.${NS}.svc:80/", &[]),
        ("A_URL", "api.$(NS)", &[]),
        ("NO_PROXY", "a:80,b:80,http://c", &[]),
        ("A", "image:v1.2", &[]),
        ("A", "registry/team/api:8080", &[]),
        ("A", "api:80808080", &[]),
        ("A", "file://api/x", &[]),
        ("A", "://", &[]),
        ("A", "http://", &[]),
        ("A", "http://[::1]:80/", &[]),
        ("A", "https://éa:1", &[]),
    ] {
        assert_eq!(found(value, Some(key), false), expected, "{key}={value}");
    }
}

#[test]
fn command_lines() {
    for (line, expected) in [
        ("psql -h db -U web ", &["db Announced"][..]),
        ("pg_isready --host=db ", &["db Announced"]),
        ("until nc -z -w 2 db 5432; do sleep 1; done", &["db:5432 Announced"]),
        ("nslookup kafka.streaming; echo web", &["kafka.streaming Announced"]),
        ("curl -s -o out -H Host api/health", &["api Announced"]),
        ("curl -H web http://api", &["api Url"]),
        ("wait-for-it.sh db:5432 -- run", &["db:5432 Announced"]),
        ("redis-server --port 6379 --cluster-name web", &[]),
        ("echo web api db", &[]),
        ("cp web api", &[]),
    ] {
        assert_eq!(found(line, None, true), expected, "{line}");
    }
}

#[test]
fn files() {
    for (text, expected) in [
        ("redis:\n  host: cache\n  port: 1\n", &["cache Announced"][..]),
        ("brokers:\n- a\n- b\nnames:\n- c\n", &["a Announced", "b Announced"]),
        ("{\"host\":\"a\",\"name\":\"b\",\"urls\":[\"c\",\"d\"]}", &["a Announced", "c Announced", "d Announced"]),
        ("upstream x {\n  server a:1;\n}\nproxy_pass http://x;\nproxy_pass http://b;\n", &["a:1 WithPort", "b Url"]),
        ("server_name a:1 b:1;\nreturn 301 http://c;\n", &[]),
        ("<beans xmlns=\"http://a.b/c\" xsi:schemaLocation=\"http://d.e/f\"/>", &[]),
        ("description: ask api:80 or http://api\n", &[]),
    ] {
        assert_eq!(found(text, None, false), expected, "{text}");
    }
}

fn calls(text: &str) -> Vec<String> {
    let source = SourceText { origin: SourceOrigin::Stdin, text: text.to_owned().into() };
    let (package, _) = crate::read::stream::read(vec![source]);
    let config = Config::default();
    let (world, _) = crate::understand::understand(&package, &config);
    let options = Options { manifests: true, policies: true, ..Options::default() };
    let (suggestions, _) = suggest(&package, &world, &config, &options);
    let all = suggestions.iter().flat_map(|one| one.calls.iter().map(|call| (&one.client.name, &call.target)));
    all.map(|(client, target)| match target {
        CallTarget::Workload(server) => format!("{client} -> {}", server.name),
        other => format!("{client} -> {other:?}"),
    })
    .collect()
}

/// Values that refer to each other grow a little, not beyond all bounds, and odd shapes are no fault.
#[test]
fn hostile_manifests_end() {
    let mut text = String::from(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - name: c\n    env:\n    - {name: V0, value: \"http://b\"}\n",
    );
    for index in 1..200 {
        let before = index - 1;
        text.push_str(&format!("    - {{name: V{index}, value: \"$(V{before}),$(V{before}),${{V{before}}}\"}}\n"));
    }
    text.push_str("    - [1]\n    - name: {}\n    - {name: X, valueFrom: [1]}\n    args: {a: b}\n    command: [[], {}, ~, 1]\n    envFrom: 1\n    volumeMounts: [{}]\n");
    text.push_str("  volumes: [{name: x, configMap: 1}, {projected: {sources: 1}}, 2]\n");
    text.push_str(
        "---\napiVersion: v1\nkind: Pod\nmetadata: {name: b, labels: {app: b}}\nspec: {containers: [{name: b}]}\n",
    );
    text.push_str(
        "---\napiVersion: v1\nkind: Service\nmetadata: {name: b}\nspec: {selector: {app: b}, ports: [{port: 80}]}\n",
    );
    assert_eq!(calls(&text), ["a -> b"]);
}
