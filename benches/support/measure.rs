//! Whole processes, timed from outside and in turn, so that what disturbs the machine disturbs all of them.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What to run, from a file to a file.
pub(crate) struct Contender {
    pub(crate) name: String,
    pub(crate) program: String,
    pub(crate) arguments: Vec<String>,
}

/// Medians of the runs of one contender.
pub(crate) struct Figures {
    pub(crate) wall: Duration,
    /// User and system time; `None` where `/usr/bin/time` is missing.
    pub(crate) cpu: Option<Duration>,
    /// Peak memory in bytes.
    pub(crate) memory: Option<u64>,
}

impl Contender {
    pub(crate) fn new(name: &str, program: &str, arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        Self { name: name.to_owned(), program: program.to_owned(), arguments }
    }
}

/// Runs all contenders in turn, `rounds` times after one round that does not count.
pub(crate) fn race(contenders: &[Contender], input: &Path, folder: &Path, rounds: usize) -> Vec<Figures> {
    let mut runs: Vec<Vec<Run>> = contenders.iter().map(|_| Vec::new()).collect();
    for round in 0..=rounds {
        for (contender, runs) in contenders.iter().zip(&mut runs) {
            let run = run(contender, input, folder);
            if round > 0 {
                runs.push(run);
            }
        }
    }
    runs.into_iter()
        .map(|runs| Figures {
            wall: median(runs.iter().map(|run| run.wall).collect()).unwrap_or_default(),
            cpu: median(runs.iter().filter_map(|run| run.cpu).collect()),
            memory: median(runs.iter().filter_map(|run| run.memory).collect()),
        })
        .collect()
}

pub(crate) fn median<T: Ord>(mut values: Vec<T>) -> Option<T> {
    values.sort();
    let middle = values.len() / 2;
    values.into_iter().nth(middle)
}

struct Run {
    wall: Duration,
    cpu: Option<Duration>,
    memory: Option<u64>,
}

fn run(contender: &Contender, input: &Path, folder: &Path) -> Run {
    let timed = time_program();
    let figures = folder.join("figures");
    let mut command = match timed {
        Some(time) => {
            let mut command = Command::new(time);
            command.args(["-f", "%U %S %M", "-o"]).arg(&figures).arg(&contender.program);
            command
        }
        None => Command::new(&contender.program),
    };
    command
        .args(&contender.arguments)
        .current_dir(folder)
        .stdin(File::open(input).expect("the input was written"))
        .stdout(File::create(folder.join("output")).expect("the folder can be written"))
        .stderr(Stdio::null());
    let start = Instant::now();
    let status = command.status().unwrap_or_else(|error| panic!("{}: {error}", contender.program));
    let wall = start.elapsed();
    assert!(status.success(), "{} failed", contender.name);
    let figures = timed.and_then(|_| std::fs::read_to_string(&figures).ok()).unwrap_or_default();
    let figures: Vec<f64> = figures.split_whitespace().filter_map(|figure| figure.parse().ok()).collect();
    match figures.as_slice() {
        [user, system, kilobytes] => {
            Run { wall, cpu: Some(Duration::from_secs_f64(user + system)), memory: Some((*kilobytes * 1024.0) as u64) }
        }
        _ => Run { wall, cpu: None, memory: None },
    }
}

/// GNU time, which reports what the kernel counted.
fn time_program() -> Option<&'static str> {
    let path = "/usr/bin/time";
    Path::new(path).exists().then_some(path)
}
