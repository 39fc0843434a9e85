//! Makes a test of each scenario.

use std::any::Any;
use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::{Arc, PoisonError, RwLock};
use std::thread;

use libtest_mimic::{Arguments, Failed, Trial};

use crate::differences::{Differences, Status};
use crate::driver::{Driver, InThread, Process};
use crate::run::{self, Performance};
use crate::scenario::{self, Role, Scenario};
use crate::script;
use crate::subject;
use crate::trace::{Recording, Trace};

/// How often a scenario is played when it is recorded: all have to give the same.
const RUNS_OF_A_RECORDING: usize = 5;

/// The texts of errors, an alert, and whether a peer's certificate is known after its refusal.
#[cfg(feature = "_tls")]
const OTHERWISE_BY_OPENSSL: [&str; 5] =
    ["c-tls-interrupt", "s-tls-garbage", "xc-interrupt", "xs-client-cert-interrupt", "xs-no-certificate"];

struct Suite {
    folder: PathBuf,
    differences: Differences,
    aim: Aim,
    /// A program that is the subject in place of this crate.
    subject: Option<String>,
}

/// What is done with the traces.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Aim {
    /// Compare with what is expected of this crate.
    Check,
    /// Write what is expected of this crate where it differs from Qt.
    WriteOurs,
    /// Compare with what is recorded from Qt.
    CheckQt,
    /// Record from Qt.
    WriteQt,
}

pub(crate) fn main() {
    if let Some(role) = role_of_subject(env::args()) {
        let ended = subject::program::run(&role);
        return ended.unwrap_or_else(|why| fail(&why.to_string()));
    }
    let arguments = Arguments::from_args();
    let conclusion = match Suite::from_environment() {
        Ok((suite, scenarios)) => suite.run(&arguments, scenarios),
        Err(why) => fail(&why),
    };
    conclusion.exit();
}

fn fail(why: &str) -> ! {
    println!("traces: {why}");
    process::exit(1);
}

/// The role that follows `--subject`, which makes this program the subject instead of the suite.
fn role_of_subject(arguments: impl Iterator<Item = String>) -> Option<String> {
    arguments.skip_while(|argument| argument != "--subject").nth(1)
}

impl Suite {
    fn from_environment() -> Result<(Self, Vec<Scenario>), String> {
        let aim = match env::var("SLOTWIRE_TRACES").as_deref() {
            Err(_) | Ok("check") => Aim::Check,
            Ok("ours") => Aim::WriteOurs,
            Ok("check-qt") => Aim::CheckQt,
            Ok("qt") => Aim::WriteQt,
            Ok(_) => return Err("SLOTWIRE_TRACES is none of check, ours, check-qt, qt".into()),
        };
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/traces");
        let differences = Differences::load(&folder.join("differences.tsv"))?;
        let scenarios = scenario::load(&folder.join("scenarios"))?;
        Ok((Self { folder, differences, aim, subject: env::var("SLOTWIRE_SUBJECT").ok() }, scenarios))
    }

    fn run(self, arguments: &Arguments, scenarios: Vec<Scenario>) -> libtest_mimic::Conclusion {
        let mut trials = Vec::new();
        if self.aim == Aim::Check {
            let (qt, ours) = (self.folder.join("qt"), self.folder.join("ours"));
            let checked = self.differences.check(&scenarios, &qt, &ours);
            trials.push(Trial::test("the list of differences is right", || checked.map_err(Failed::from)));
        }
        let suite = Arc::new(self);
        let mut counts = BTreeMap::<String, usize>::new();
        for scenario in scenarios {
            let obstacle = suite.obstacle(&scenario);
            *counts.entry(suite.account(&scenario, obstacle.as_deref())).or_default() += 1;
            if obstacle.is_none() {
                let suite = Arc::clone(&suite);
                trials.push(Trial::test(scenario.name.clone(), move || suite.test(&scenario)));
            }
        }
        let conclusion = libtest_mimic::run(arguments, trials);
        if !arguments.list {
            println!("The scenarios");
            for (account, count) in counts {
                println!("{count:4} {account}");
            }
            println!();
        }
        conclusion
    }

    /// Why a scenario cannot be played.
    fn obstacle(&self, scenario: &Scenario) -> Option<String> {
        if scenario.options.no_low_ports && first_unreserved_port() <= 80 {
            return Some("are not played: on this machine everybody may listen on port 80".into());
        }
        if scenario.needs_tls && cfg!(not(feature = "_tls")) {
            return Some("need a build with TLS".into());
        }
        #[cfg(feature = "_tls")]
        if self.aim == Aim::Check
            && slotwire::SslSocket::active_backend() == "openssl"
            && OTHERWISE_BY_OPENSSL.contains(&scenario.name.as_str())
        {
            return Some("differ from Qt because of rustls, and otherwise with OpenSSL".into());
        }
        let waits = self.differences.status(scenario) == Some(&Status::Waits);
        match self.aim {
            Aim::Check | Aim::WriteOurs => {
                waits.then(|| format!("wait for {}", self.differences.reason(scenario)))
            }
            Aim::CheckQt | Aim::WriteQt => None,
        }
    }

    /// Under what a scenario is counted.
    fn account(&self, scenario: &Scenario, obstacle: Option<&str>) -> String {
        match (obstacle, self.differences.status(scenario)) {
            (Some(obstacle), _) => obstacle.to_owned(),
            (None, Some(Status::Follows(_))) if self.aim == Aim::Check => {
                "have to do as Qt but for the rules in differences.tsv".to_owned()
            }
            (None, Some(Status::Differs)) if self.aim == Aim::Check => "have to do as in ours/".to_owned(),
            (None, _) => "have to do as Qt".to_owned(),
        }
    }

    fn test(&self, scenario: &Scenario) -> Result<(), Failed> {
        /// The limits of the process are for one scenario alone: no other one may open sockets or files meanwhile.
        static LIMITS: RwLock<()> = RwLock::new(());
        let is_alone = scenario.is_exclusive();
        let _alone = is_alone.then(|| LIMITS.write().unwrap_or_else(PoisonError::into_inner));
        let _with_others = (!is_alone).then(|| LIMITS.read().unwrap_or_else(PoisonError::into_inner));
        let done = match self.aim {
            Aim::Check => self.check(scenario),
            Aim::WriteOurs => self.write_ours(scenario),
            Aim::CheckQt => self.check_qt(scenario),
            Aim::WriteQt => self.write_qt(scenario),
        };
        done.map_err(|why| Failed::from(format!("{}: {}\n{why}", scenario.name, scenario.doc)))
    }

    fn check(&self, scenario: &Scenario) -> Result<(), String> {
        let mut qt = self.recorded("qt", scenario)?;
        match self.differences.status(scenario) {
            Some(Status::Differs) => {
                let ours = self.recorded("ours", scenario)?;
                if ours == qt {
                    return Err("is listed as a difference, but what is expected is what Qt does".into());
                }
                self.compare(scenario, &ours, "ours")
            }
            Some(Status::Follows(rules)) => {
                rules.iter().try_for_each(|rule| rule.apply(&mut qt))?;
                self.compare(scenario, &qt, "Qt, by the rules")
            }
            Some(Status::Waits) | None => self.compare(scenario, &qt, "Qt"),
        }
    }

    fn write_ours(&self, scenario: &Scenario) -> Result<(), String> {
        if self.differences.status(scenario) != Some(&Status::Differs) {
            return Ok(());
        }
        let performance = self.play(scenario)?;
        if performance.trace == self.recorded("qt", scenario)? {
            return Err("is listed as a difference, but does what Qt does".into());
        }
        fs::create_dir_all(self.folder.join("ours")).map_err(|error| error.to_string())?;
        Recording::new(performance, scenario)?.save(&self.file("ours", scenario))
    }

    fn check_qt(&self, scenario: &Scenario) -> Result<(), String> {
        self.compare(scenario, &self.recorded("qt", scenario)?, "Qt")
    }

    fn write_qt(&self, scenario: &Scenario) -> Result<(), String> {
        let performance = self.play(scenario)?;
        for _ in 1..RUNS_OF_A_RECORDING {
            self.compare(scenario, &performance.trace, "another run")?;
        }
        Recording::new(performance, scenario)?.save(&self.file("qt", scenario))
    }

    fn file(&self, folder: &str, scenario: &Scenario) -> PathBuf {
        self.folder.join(folder).join(format!("{}.json", scenario.name))
    }

    fn recorded(&self, folder: &str, scenario: &Scenario) -> Result<Trace, String> {
        Recording::load(&self.file(folder, scenario), scenario).map(|recording| recording.trace)
    }

    /// Plays the scenario; that is what has to come of it.
    fn compare(&self, scenario: &Scenario, expected: &Trace, name: &str) -> Result<(), String> {
        let Performance { trace: actual, outcome, .. } = self.play(scenario)?;
        let diff = || expected.diff(&actual, name);
        outcome.map_err(|why| format!("{why}\n{}", diff()))?;
        if *expected == actual { Ok(()) } else { Err(diff()) }
    }

    /// In a thread of its own, which leaves nothing behind.
    fn play(&self, scenario: &Scenario) -> Result<Performance, String> {
        if scenario.role == Role::Core {
            return Ok(script::play(scenario, self.subject.as_deref()));
        }
        let play = || {
            let driver: Box<dyn Driver> = match &self.subject {
                Some(command) => Box::new(Process::new(command, scenario)?),
                None => Box::new(InThread::new(scenario)?),
            };
            Ok(run::play(scenario, driver))
        };
        match thread::scope(|scope| scope.spawn(play).join()) {
            Ok(played) => played.map_err(|error: io::Error| format!("there is no subject: {error}")),
            Err(panic) => Err(format!("panicked: {}", panic_message(&*panic))),
        }
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("with something else than a text")
}

/// The first port that everybody may listen on.
fn first_unreserved_port() -> u16 {
    let setting = fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start");
    setting.ok().and_then(|port| port.trim().parse().ok()).unwrap_or(1024)
}
