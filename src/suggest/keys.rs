//! What stands before a value, and whether it announces an address.

/// How far back from a value its key is looked for.
const REACH: usize = 400;

/// The key of a list is looked for behind this many of its values.
const MAX_VALUES: usize = 32;

/// Last words of keys whose value is an address: `REDIS_HOST`, `paymentsUrl`, `spring.datasource.url`, `--broker-list`.
const ADDRESS_WORDS: [&str; 36] = [
    "host",
    "hosts",
    "hostname",
    "hostnames",
    "addr",
    "addrs",
    "address",
    "addresses",
    "url",
    "urls",
    "uri",
    "uris",
    "endpoint",
    "endpoints",
    "server",
    "servers",
    "svc",
    "broker",
    "brokers",
    "upstream",
    "upstreams",
    "dsn",
    "nodes",
    "points",
    "seeds",
    "peers",
    "sentinels",
    "bootstrap",
    "connect",
    "fqdn",
    "pghost",
    "dbhost",
    "mysqlhost",
    "redishost",
    "voters",
    "dns",
];

/// Words of keys whose value says something about others' addresses, or the own one, and not whom to call.
const OTHER_WORDS: [&str; 20] = [
    "cors",
    "origin",
    "origins",
    "allowed",
    "allowlist",
    "whitelist",
    "trusted",
    "referer",
    "referers",
    "referrer",
    "redirect",
    "callback",
    "virtual",
    "bind",
    "listen",
    "cookie",
    "noproxy",
    "vhost",
    "header",
    "headers",
];

/// Last words of keys whose value is prose.
const PROSE_WORDS: [&str; 12] = [
    "description",
    "comment",
    "comments",
    "message",
    "messages",
    "summary",
    "help",
    "title",
    "note",
    "notes",
    "documentation",
    "text",
];

/// What stands before a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Before<'t> {
    /// A key with `:` or `=`, or a YAML key whose list the value is in.
    Key(&'t str),
    /// A word with blanks in between.
    Word(&'t str),
    /// The start of the text, perhaps with other values of a list.
    Start,
    /// Something else.
    Nothing,
}

/// What stands before the value that starts at `start`.
pub(super) fn before(text: &str, start: usize) -> Before<'_> {
    let mut rest = tail(text, start, REACH);
    let is_cut = rest.len() < start;
    for _ in 0..=MAX_VALUES {
        let unquoted = rest.trim_end_matches(['"', '\'', '[', '@', '(']);
        let unquoted = if rest.ends_with('@') { trim_item(unquoted) } else { unquoted };
        let trimmed = unquoted.trim_end_matches([' ', '\t']);
        match trimmed.chars().next_back() {
            None if is_cut => return Before::Nothing,
            None => return Before::Start,
            // Another value of the list.
            Some(',') => {
                let earlier = trimmed.trim_end_matches([',', ' ', '\t', '"', '\'']);
                let shorter = trim_item(earlier);
                if shorter.len() == earlier.len() {
                    return Before::Nothing;
                }
                rest = shorter;
            }
            Some(':' | '=') => {
                let key = trimmed.trim_end_matches([':', '=', '>', ' ', '\t', '"', '\'']);
                return last_word(key).map_or(Before::Nothing, Before::Key);
            }
            Some('>') if trimmed.ends_with("=>") => {
                let key = trimmed.trim_end_matches(['=', '>', ' ', '\t', '"', '\'']);
                return last_word(key).map_or(Before::Nothing, Before::Key);
            }
            Some('-') if is_list_dash(trimmed) => return list_key(trimmed).map_or(Before::Nothing, Before::Key),
            Some('\n' | '\r') => return Before::Nothing,
            Some(_) if trimmed.len() < rest.len() && unquoted.len() > trimmed.len() => {
                let start = trimmed.rfind(char::is_whitespace).map_or(0, |index| index + 1);
                let word = trimmed.get(start..).unwrap_or_default().trim_matches(['"', '\'']);
                return if word.is_empty() { Before::Nothing } else { Before::Word(word) };
            }
            Some(_) => return Before::Nothing,
        }
    }
    Before::Nothing
}

/// Whether the line that the value at `start` is in begins with a word that is about others' addresses, as nginx's
/// `server_name` is.
pub(super) fn is_in_line_about_others(text: &str, start: usize) -> bool {
    let before = tail(text, start, REACH);
    let line = before.rsplit('\n').next().unwrap_or_default();
    line.split_whitespace().next().is_some_and(is_about_others)
}

/// At most `reach` bytes before `end`, from a character boundary on.
pub(super) fn tail(text: &str, end: usize, reach: usize) -> &str {
    let first = (end.saturating_sub(reach)..=end).find(|&index| text.is_char_boundary(index)).unwrap_or(end);
    text.get(first..end).unwrap_or_default()
}

/// Without the address or number at the end.
fn trim_item(text: &str) -> &str {
    text.trim_end_matches(|last: char| last.is_ascii_alphanumeric() || "._-:/@".contains(last))
}

/// The run of key characters at the end.
fn last_word(text: &str) -> Option<&str> {
    let is_key = |character: char| character.is_ascii_alphanumeric() || "_.-[]".contains(character);
    let start = text.char_indices().rev().take_while(|(_, character)| is_key(*character)).last()?.0;
    text.get(start..).map(|key| key.trim_start_matches('['))
}

/// Whether the dash at the end is the first of its line.
fn is_list_dash(text: &str) -> bool {
    let line = text.rsplit('\n').next().unwrap_or_default();
    line.trim() == "-"
}

/// The YAML key that the list with the dash at the end belongs to.
fn list_key(text: &str) -> Option<&str> {
    let indentation = |line: &str| line.len() - line.trim_start().len();
    let mut lines = text.rsplit('\n');
    let column = indentation(lines.next()?);
    let mut lines = lines.filter(|line| !line.trim().is_empty());
    let key = lines.find(|line| !line.trim_start().starts_with('-') || indentation(line) < column)?;
    last_word(key.trim_end().strip_suffix(':')?.trim_end_matches(['"', '\'']))
}

/// Whether the key announces an address.
pub(super) fn has_address_word(key: &str) -> bool {
    let words = words(key);
    match words.as_slice() {
        [.., last] if ADDRESS_WORDS.contains(&last.as_str()) => true,
        [.., middle, last] if last == "list" => middle == "broker",
        // `CART_SERVICE` is a Service; a mere `service` is what something calls itself.
        [_, .., last] => last == "service",
        _ => false,
    }
}

/// Whether values of the key are not whom to call: allowed origins, hosts that need no proxy, a server's own name, prose.
pub(super) fn is_about_others(key: &str) -> bool {
    let words = words(key);
    words.iter().any(|word| OTHER_WORDS.contains(&word.as_str()))
        || words.last().is_some_and(|last| PROSE_WORDS.contains(&last.as_str()))
        || [["no", "proxy"], ["server", "name"]].iter().any(|pair| words.windows(2).any(|two| two == pair))
        || matches!(words.as_slice(), [code] if matches!(code.as_str(), "301" | "302" | "303" | "307" | "308"))
}

/// The words of a key in lower case: `paymentsApiUrl` and `PAYMENTS_API_URL` are three.
fn words(key: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for character in key.chars().take(200) {
        let is_separator = !character.is_ascii_alphanumeric();
        if is_separator || (was_lower && character.is_ascii_uppercase()) {
            words.push(String::new());
        }
        if let Some(last) = words.last_mut().filter(|_| !is_separator) {
            last.push(character.to_ascii_lowercase());
        }
        was_lower = character.is_ascii_lowercase() || character.is_ascii_digit();
    }
    // The index of a list: `servers[0]`, `SERVERS_0`.
    while words.len() > 1 && words.last().is_some_and(|word| word.bytes().all(|byte| byte.is_ascii_digit())) {
        words.pop();
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::{Before, before, has_address_word, is_about_others};

    fn before_value(text: &str) -> Before<'_> {
        before(text, text.find("VALUE").unwrap_or_default())
    }

    #[test]
    fn finds_what_announces_a_value() {
        for (text, expected) in [
            ("VALUE", Before::Start),
            ("a:1,b:2,VALUE", Before::Start),
            ("0@a-0.a:9093, 1@VALUE", Before::Start),
            ("x: VALUE", Before::Key("x")),
            ("x=\"VALUE\"", Before::Key("x")),
            ("{\"hosts\": [\"a\", \"VALUE\"]}", Before::Key("hosts")),
            ("redis.host = VALUE", Before::Key("redis.host")),
            ("--redis-host=VALUE", Before::Key("--redis-host")),
            ("psql -h VALUE", Before::Word("-h")),
            ("server VALUE;", Before::Word("server")),
            ("hosts:\n  - a\n\n  - VALUE", Before::Key("hosts")),
            ("  hosts:\n  - \"VALUE\"", Before::Key("hosts")),
            ("some text\nVALUE", Before::Nothing),
            ("a/VALUE", Before::Nothing),
        ] {
            assert_eq!(before_value(text), expected, "{text}");
        }
    }

    #[test]
    fn keys_announce_addresses_by_their_last_word() {
        for key in [
            "REDIS_HOST",
            "cartServiceAddr",
            "spring.datasource.url",
            "CART_SERVICE",
            "brokers[0]",
            "PGHOST",
            "--upstream",
        ] {
            assert!(has_address_word(key), "{key}");
        }
        for key in ["DB_NAME", "SERVICE", "APP_NAME", "SESSION_STORE", "OTEL_SERVICE_NAME", "HOST_PATH", "ghost"] {
            assert!(!has_address_word(key), "{key}");
        }
        for key in ["NO_PROXY", "corsAllowedOrigins", "server_name", "VIRTUAL_HOST", "302", "HELP_TEXT"] {
            assert!(is_about_others(key), "{key}");
        }
        for key in ["PROXY_URL", "SERVER_URL", "name", "MESSAGE_BROKER_URL"] {
            assert!(!is_about_others(key), "{key}");
        }
    }
}
