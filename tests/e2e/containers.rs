//! The images that `make e2e` builds, and podman to start them.

use super::sandbox::{command, folder, output, read, text, write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The KRM function.
pub(crate) const FUNCTION: &str = "localhost/enforce-intents:e2e";
/// The sidecar for Argo CD.
pub(crate) const SIDECAR: &str = "localhost/enforce-intents-cmp:e2e";

/// What works for root in a container, too: no limits above one's own, no systemd, no journal.
const CONFIGURATION: &str = r#"[containers]
default_ulimits = ["nofile=1024:4096", "nproc=1024:1024"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "none"
"#;

/// A folder with podman's configuration, and `docker` and `podman` that note their arguments and make the root read-only.
pub(crate) struct Podman {
    folder: PathBuf,
}

impl Podman {
    /// Set up once for all trials.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<Podman> = OnceLock::new();
        SHARED.get_or_init(|| {
            let podman = Self { folder: folder("podman") };
            write(&podman.configuration(), CONFIGURATION);
            for image in [FUNCTION, SIDECAR] {
                let found = output(podman.command(&["image", "exists", image], &podman.folder));
                assert!(found.status.success(), "the image {image} is missing; `make e2e` builds it");
            }
            podman
        })
    }

    /// podman itself.
    pub(crate) fn command(&self, arguments: &[&str], folder: &Path) -> Command {
        self.configured(command("podman", arguments, folder))
    }

    /// Lets a tool that starts containers find podman's configuration.
    pub(crate) fn configured(&self, mut command: Command) -> Command {
        command.env("CONTAINERS_CONF", self.configuration());
        command
    }

    fn configuration(&self) -> PathBuf {
        self.folder.join("containers.conf")
    }
}

/// A folder that stands in for docker and podman on PATH. It notes how they were called.
pub(crate) struct StandIn {
    /// The folder.
    pub(crate) folder: PathBuf,
}

impl StandIn {
    /// In a folder of the trial's own.
    pub(crate) fn new(folder: PathBuf) -> Self {
        let real = Command::new("sh").args(["-c", "command -v podman"]).output().unwrap();
        let real = text(&real.stdout).trim().to_owned();
        for name in ["docker", "podman"] {
            let program = folder.join(name);
            // No tool asks for a read-only root, but clusters do.
            write(
                &program,
                &format!(
                    "#!/bin/sh\necho \"$@\" >>'{}'\nif [ \"$1\" = run ]; then shift; set -- run --read-only \"$@\"; fi\nexec {real} \"$@\"\n",
                    folder.join("calls").display()
                ),
            );
            std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        Self { folder }
    }

    /// Fails unless the image was started once, as nobody and without network.
    pub(crate) fn assert_one_run_of(&self, image: &str) {
        let calls = read(&self.folder.join("calls"));
        let runs: Vec<&str> = calls.lines().filter(|call| call.starts_with("run ")).collect();
        assert!(
            matches!(runs.as_slice(), [run] if ["--network none", "--user nobody", image].iter().all(|part| run.contains(part))),
            "{calls}"
        );
    }
}
