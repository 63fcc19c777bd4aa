//! Finds host names in a text, with what makes them addresses: a URL, a port, or a key that announces one.
//!
//! One pass over the words of the text; around each only a bounded stretch is looked at.

use super::keys::{self, Before, has_address_word, is_about_others, is_in_line_about_others};
use super::mention::{Form, Mention};
use super::urls;
use std::collections::BTreeSet;

/// A text that a container sees.
#[derive(Clone, Copy)]
pub(super) struct Text<'t> {
    /// The text, its comments blanked.
    pub(super) text: &'t str,
    /// What the whole text is the value of: the name of the variable.
    pub(super) key: Option<&'t str>,
    /// Whether it is a command line or script, in which words follow `curl` or `-h`.
    pub(super) is_command: bool,
}

/// Programs whose arguments are hosts.
const CLIENT_PROGRAMS: [&str; 14] = [
    "curl",
    "wget",
    "nc",
    "ncat",
    "netcat",
    "telnet",
    "ping",
    "nslookup",
    "dig",
    "host",
    "hosts",
    "grpcurl",
    "wait-for",
    "wait-for-it",
];

/// Flags of those programs that take a value which is no host.
const VALUE_FLAGS: [&str; 20] = [
    "-o",
    "-O",
    "-H",
    "-d",
    "-X",
    "-u",
    "-A",
    "-e",
    "-m",
    "-T",
    "-t",
    "-w",
    "--output",
    "--header",
    "--data",
    "--request",
    "--user",
    "--max-time",
    "--timeout",
    "--retry",
];

/// Every possible host name, in text order.
pub(super) fn mentions(text: Text<'_>) -> Vec<Mention> {
    let upstreams = upstream_names(text.text);
    let mut found = urls::authorities(text.text, text.key);
    // What nginx calls an upstream is no host, though it stands where one would.
    found.retain(|mention| !(mention.form == Form::Url && upstreams.contains(mention.host.as_str())));
    let covered: Vec<(usize, usize)> =
        urls::ranges(text.text).into_iter().chain(std::iter::once((usize::MAX, usize::MAX))).collect();
    let mut next_range = 0;
    for (start, word) in words(text.text) {
        while covered.get(next_range).is_some_and(|(_, end)| *end <= start) {
            next_range += 1;
        }
        if covered.get(next_range).is_some_and(|(first, _)| *first <= start) {
            continue;
        }
        found.extend(mention(text, start, word));
    }
    found.sort_by_key(|mention| (mention.offset, mention.form));
    found
}

/// What the word is evidence of, by what stands around it.
fn mention(text: Text<'_>, start: usize, word: &str) -> Option<Mention> {
    let is_candidate = word.starts_with(|first: char| first.is_ascii_alphanumeric())
        && !word.contains('_')
        && word.bytes().any(|byte| byte.is_ascii_alphabetic());
    let before = text.text.get(..start).unwrap_or_default();
    let after = text.text.get(start + word.len()..).unwrap_or_default();
    if !is_candidate || before.ends_with(['$', '{', '}', '%', '/', '\\', '~', '*', ')']) {
        return None;
    }
    let (port, rest) = port(after);
    if after.starts_with(['$', '{', '%', '*', '(']) || (port.is_none() && after.starts_with('@')) {
        return None;
    }
    let announced = announcement(text, start);
    let is_about_others = match &announced {
        Announcement::Key(key) => is_about_others(key),
        Announcement::Word(_) if text.is_command => false,
        Announcement::Word(_) => is_in_line_about_others(text.text, start) || text.key.is_some_and(is_about_others),
        Announcement::Nothing => false,
    };
    if is_about_others {
        return None;
    }
    let is_address = match &announced {
        Announcement::Key(key) => has_address_word(key) || (text.is_command && *key == "-h"),
        Announcement::Word(word) => text.is_command && CLIENT_PROGRAMS.contains(&program_name(word)),
        Announcement::Nothing => false,
    };
    // Blanks end what is assigned: `host=db port=5432`.
    let form = if is_address && ends_value(rest, text.is_command || before.ends_with('=')) {
        Form::Announced
    } else if port.is_some() {
        Form::WithPort
    } else {
        Form::Word
    };
    let next_port = || port_word(rest).filter(|_| text.is_command && form == Form::Announced);
    Some(Mention { host: word.to_owned(), port: port.or_else(next_port), form, offset: start })
}

/// What announces a value.
enum Announcement<'t> {
    /// `key: value`, `key=value`, `--key value`.
    Key(&'t str),
    /// The word before it.
    Word(&'t str),
    Nothing,
}

fn announcement(text: Text<'_>, start: usize) -> Announcement<'_> {
    match keys::before(text.text, start) {
        Before::Key(key) => Announcement::Key(key),
        Before::Start => text.key.map_or(Announcement::Nothing, Announcement::Key),
        Before::Word(word) if text.is_command => command_word(text.text, start, word),
        Before::Word(word) => Announcement::Word(word),
        Before::Nothing => Announcement::Nothing,
    }
}

/// The program that a word is an argument of, with flags between them.
fn command_word<'t>(text: &'t str, start: usize, last: &'t str) -> Announcement<'t> {
    if last.starts_with('-') && VALUE_FLAGS.contains(&last) {
        return Announcement::Nothing;
    }
    if last.starts_with("--") || last == "-h" {
        return Announcement::Key(last);
    }
    let before = keys::tail(text, start, 160);
    let command = before.rsplit(['\n', ';', '|', '&', '(', '`']).next().unwrap_or_default();
    let program = command
        .split_whitespace()
        .map(|word| word.trim_matches(['"', '\'']))
        .rfind(|word| CLIENT_PROGRAMS.contains(&program_name(word)));
    Announcement::Word(program.unwrap_or(last))
}

fn program_name(word: &str) -> &str {
    let name = word.rsplit('/').next().unwrap_or(word);
    name.strip_suffix(".sh").unwrap_or(name)
}

/// `:8080` at the start of the text, and what is behind it.
fn port(after: &str) -> (Option<u16>, &str) {
    let Some(digits) = after.strip_prefix(':') else { return (None, after) };
    let length = digits.bytes().take_while(u8::is_ascii_digit).count();
    let rest = digits.get(length..).unwrap_or_default();
    match digits.get(..length).and_then(|digits| digits.parse().ok()).filter(|&port| port > 0) {
        Some(port) if !rest.starts_with(|next: char| next.is_alphanumeric() || next == '.') => (Some(port), rest),
        _ => (None, after),
    }
}

/// A number as the next word: `nc -z db 5432`.
fn port_word(after: &str) -> Option<u16> {
    let rest = after.trim_start_matches(['"', '\'', ',']);
    let word = rest.strip_prefix([' ', '\t'])?.trim_start_matches([' ', '\t', '"', '\'']);
    let length = word.bytes().take_while(u8::is_ascii_digit).count();
    let ends = word.get(length..)?.starts_with(|next: char| next.is_whitespace() || "\"';&|)".contains(next));
    word.get(..length)?.parse().ok().filter(|_| ends || word.len() == length)
}

/// Whether the value ends here, or a list goes on.
fn ends_value(after: &str, blanks_end: bool) -> bool {
    let rest = after.trim_start_matches(['"', '\'']);
    let rest = rest.trim_start_matches([' ', '\t']);
    match rest.chars().next() {
        None => true,
        Some(next) if ",;&]})|\n\r/?#<".contains(next) => true,
        Some('\\') => rest.starts_with("\\n") || rest.starts_with("\\\n"),
        Some(_) => blanks_end && rest.len() < after.len() && after.starts_with([' ', '\t', '"', '\'']),
    }
}

/// Runs of the characters of host names, with their offsets.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') || !byte.is_ascii();
    let bytes = text.as_bytes();
    let mut position = 0;
    std::iter::from_fn(move || {
        let start = position + bytes.get(position..)?.iter().position(|&byte| is_part(byte))?;
        let length = bytes.get(start..)?.iter().take_while(|&&byte| is_part(byte)).count();
        position = start + length;
        Some((start, text.get(start..position)?))
    })
    .filter(|(_, word)| word.is_ascii() && word.len() <= 253)
}

/// Names that an nginx configuration gives to groups of servers: `upstream api {`.
fn upstream_names(text: &str) -> BTreeSet<&str> {
    let lines = text.lines().filter_map(|line| line.trim_start().strip_prefix("upstream "));
    lines.filter_map(|rest| rest.split_once('{')).map(|(name, _)| name.trim()).collect()
}
