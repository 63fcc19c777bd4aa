//! Small random changes of YAML texts, the same for the same seed.

/// Characters and words that mean something to YAML, and a few that do not.
const PIECES: &[&str] = &[
    " ",
    "  ",
    "\n",
    "\n\n",
    "\n  ",
    "\n ",
    "\n- ",
    "- ",
    "-",
    ": ",
    ":",
    "#",
    " #",
    "'",
    "''",
    "\"",
    "\\",
    "\\n",
    "\\\"",
    "\\\n",
    "|",
    "|-\n",
    "|+\n",
    "|2\n",
    ">",
    ">-\n",
    ">+\n",
    "[",
    "]",
    "{",
    "}",
    ", ",
    ",",
    "? ",
    "?",
    "&a ",
    "*a",
    "!",
    "!!str ",
    "!!merge <<: *a",
    "<<",
    "%",
    "@",
    "`",
    "~",
    "\t",
    "---",
    "--- ",
    "---\n",
    "...",
    "...\n",
    "a",
    "b: c",
    "0",
    "\u{e4}",
    "\u{2028}",
    "\u{85}",
    "\u{feff}",
    "\r",
    "\r\n",
    "\u{7}",
    "null",
    "items",
    "items:\n",
    "kind: ConfigMap\n",
    "env",
    "\\u00e4",
    "\\x4",
    "\\ud83d",
    "\"a\":",
    "[]",
    "{}",
    "{a: b}",
    "[a, b]",
    "=",
    ".",
    "/",
];

/// A generator of numbers that look random.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5_4A32_D192_ED03)
    }

    /// A number below `end`; 0 if there is none.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % (end.max(1) as u64)) as usize
    }
}

/// One of the seeds with one to four changes. Mostly it still ends with a line break.
pub(crate) fn mutant(seeds: &[String], random: &mut Random) -> String {
    let mut text = seeds[random.below(seeds.len())].clone();
    for _ in 0..=random.below(4) {
        change(&mut text, seeds, random);
    }
    if !text.ends_with('\n') && random.below(16) != 0 {
        text.push('\n');
    }
    text
}

fn change(text: &mut String, seeds: &[String], random: &mut Random) {
    match random.below(10) {
        0..=2 => {
            let at = boundary(text, random);
            text.insert_str(at, PIECES[random.below(PIECES.len())]);
        }
        3 => {
            let start = boundary(text, random);
            let end = (start..=text.len()).filter(|end| text.is_char_boundary(*end)).nth(1 + random.below(3));
            text.replace_range(start..end.unwrap_or(text.len()), "");
        }
        4 => {
            let start = boundary(text, random);
            let end = (start + 1..=text.len()).find(|end| text.is_char_boundary(*end)).unwrap_or(start);
            text.replace_range(start..end, PIECES[random.below(PIECES.len())]);
        }
        5..=9 => {
            let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
            change_lines(&mut lines, seeds, random);
            *text = lines.concat();
        }
        _ => {}
    }
}

fn change_lines(lines: &mut Vec<String>, seeds: &[String], random: &mut Random) {
    if lines.is_empty() {
        return;
    }
    let at = random.below(lines.len());
    match random.below(7) {
        0 => {
            let line = lines[at].clone();
            lines.insert(random.below(lines.len() + 1), line);
        }
        1 => {
            lines.remove(at);
        }
        2 => {
            let other = random.below(lines.len());
            lines.swap(at, other);
        }
        3 => lines[at].insert_str(0, &" ".repeat(1 + random.below(3))),
        4 => {
            let blanks = lines[at].len() - lines[at].trim_start_matches(' ').len();
            lines[at].replace_range(..blanks.min(1 + random.below(3)), "");
        }
        5 => {
            let seed = &seeds[random.below(seeds.len())];
            let other: Vec<&str> = seed.split_inclusive('\n').collect();
            let start = random.below(other.len());
            let end = (start + 1 + random.below(3)).min(other.len());
            let taken = other.get(start..end).unwrap_or_default().iter().map(|line| (*line).to_owned());
            lines.splice(at..at, taken);
        }
        _ => {
            let line = lines[at].trim_end().len();
            lines[at].truncate(line);
        }
    }
}

/// A random place between two characters.
fn boundary(text: &str, random: &mut Random) -> usize {
    let mut at = random.below(text.len() + 1);
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
