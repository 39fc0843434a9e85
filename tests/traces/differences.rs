//! The list of scenarios in which this crate does not do as Qt: `differences.tsv`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::rule::Rule;
use crate::scenario::Scenario;

pub(crate) struct Differences(BTreeMap<String, (Status, String)>);

#[derive(PartialEq, Eq)]
pub(crate) enum Status {
    /// Does as Qt but for what these make of its trace.
    Follows(Vec<Rule>),
    /// Does otherwise, and is meant to.
    Differs,
    /// Needs what is not there yet.
    Waits,
}

impl Differences {
    pub(crate) fn load(path: &Path) -> Result<Self, String> {
        let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let mut differences = BTreeMap::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let in_line = |what| format!("{}: {what}: {line}", path.display());
            let columns: Vec<_> = line.split('\t').collect();
            let (name, status, reason) = match columns[..] {
                [name, status @ ("differs" | "waits"), reason] if !reason.trim().is_empty() => {
                    (name, status, reason)
                }
                [name, rules] => (name, rules, ""),
                _ => return Err(in_line("has too few or too many columns")),
            };
            let status = match status {
                "differs" => Status::Differs,
                "waits" => Status::Waits,
                rules => match rules.split('+').map(Rule::from_name).collect() {
                    Some(rules) => Status::Follows(rules),
                    None => return Err(in_line("has an unknown status")),
                },
            };
            if differences.keys().next_back().is_some_and(|last: &String| name <= last.as_str()) {
                return Err(in_line("is not in the order of names, or there twice"));
            }
            differences.insert(name.to_owned(), (status, reason.to_owned()));
        }
        Ok(Self(differences))
    }

    pub(crate) fn status(&self, scenario: &Scenario) -> Option<&Status> {
        self.0.get(&scenario.name).map(|(status, _)| status)
    }

    pub(crate) fn reason(&self, scenario: &Scenario) -> &str {
        self.0.get(&scenario.name).map_or("", |(_, reason)| reason)
    }

    /// Checks it and the files of traces against the scenarios: each has what it needs, and nothing is left over.
    pub(crate) fn check(&self, scenarios: &[Scenario], qt: &Path, ours: &Path) -> Result<(), String> {
        let mut expected_qt: Vec<_> = scenarios.iter().map(|scenario| scenario.name.as_str()).collect();
        expected_qt.sort_unstable();
        if let Some(twice) = expected_qt.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(format!("there are two scenarios {}", twice[0]));
        }
        if let Some(unknown) = self.0.keys().find(|name| expected_qt.binary_search(&name.as_str()).is_err()) {
            return Err(format!("differences.tsv: there is no scenario {unknown}"));
        }
        let differs = self.0.iter().filter(|(_, (status, _))| *status == Status::Differs);
        let expected_ours: Vec<_> = differs.map(|(name, _)| name.as_str()).collect();
        same_names(qt, &expected_qt)?;
        same_names(ours, &expected_ours)
    }
}

/// Whether a folder holds these traces and no others.
fn same_names(folder: &Path, expected: &[&str]) -> Result<(), String> {
    // A folder without files is not in the repository.
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<_> =
        entries.filter_map(|entry| Some(entry.path().file_stem()?.to_str()?.to_owned())).collect();
    names.sort();
    let missing = expected.iter().find(|name| names.iter().all(|there| there != *name));
    let left_over = names.iter().find(|name| !expected.contains(&name.as_str()));
    match (missing, left_over) {
        (Some(missing), _) => Err(format!("{}: {missing}.json is missing", folder.display())),
        (_, Some(left_over)) => Err(format!("{}: {left_over}.json is left over", folder.display())),
        (None, None) => Ok(()),
    }
}
