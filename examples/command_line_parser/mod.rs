//! As much of `QCommandLineParser` as these examples use, so that their options can stay as they are in Qt's.
#![allow(dead_code, reason = "no example uses all of it")]

use std::collections::HashMap;
use std::process;

/// An option: its names, without dashes, and whether it takes a value.
pub(crate) struct CommandLineOption {
    names: &'static [&'static str],
    description: &'static str,
    value: Option<ExpectedValue>,
}

struct ExpectedValue {
    name: &'static str,
    default: &'static str,
}

impl CommandLineOption {
    /// An option that is there or not.
    pub(crate) fn new(names: &'static [&'static str], description: &'static str) -> Self {
        Self { names, description, value: None }
    }

    /// An option with a value.
    pub(crate) fn with_value(
        names: &'static [&'static str],
        description: &'static str,
        name: &'static str,
        default: &'static str,
    ) -> Self {
        Self { names, description, value: Some(ExpectedValue { name, default }) }
    }

    /// `-p, --port <port>`
    fn usage(&self) -> String {
        let names: Vec<_> = self.names.iter().map(|name| with_dashes(name)).collect();
        let value = self.value.as_ref().map_or(String::new(), |value| format!(" <{}>", value.name));
        names.join(", ") + &value
    }
}

/// Reads the arguments of the program.
#[derive(Default)]
pub(crate) struct CommandLineParser {
    description: &'static str,
    options: Vec<CommandLineOption>,
    positional: Vec<(&'static str, &'static str)>,
    /// By the first name of the option.
    values: HashMap<&'static str, String>,
    positional_arguments: Vec<String>,
}

impl CommandLineParser {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn set_application_description(&mut self, description: &'static str) {
        self.description = description;
    }

    pub(crate) fn add_help_option(&mut self) {
        self.add_option(CommandLineOption::new(&["h", "help"], "Displays help on commandline options."));
    }

    pub(crate) fn add_option(&mut self, option: CommandLineOption) {
        self.options.push(option);
    }

    /// An argument without a name, which has to be there.
    pub(crate) fn add_positional_argument(&mut self, name: &'static str, description: &'static str) {
        self.positional.push((name, description));
    }

    /// Reads the arguments of the program. Ends it if they ask for help (code 0) or are wrong (code 1).
    pub(crate) fn process(&mut self) {
        // What is no text is shown as well as it can be, and then refused as what it is not: a port, a host, a URL.
        let arguments = std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned());
        match self.parse(arguments) {
            Ok(()) if self.is_set("help") => {
                println!("{}", self.help_text());
                process::exit(0);
            }
            Ok(()) => {}
            Err(problem) => {
                eprintln!("{problem}\n\n{}", self.help_text());
                process::exit(1);
            }
        }
    }

    pub(crate) fn is_set(&self, name: &str) -> bool {
        self.option(name).is_some_and(|option| self.values.contains_key(option.names[0]))
    }

    /// The value that was given for that option, else its default.
    pub(crate) fn value(&self, name: &str) -> &str {
        let Some(option) = self.option(name) else { return "" };
        let default = option.value.as_ref().map_or("", |value| value.default);
        self.values.get(option.names[0]).map_or(default, String::as_str)
    }

    pub(crate) fn positional_arguments(&self) -> &[String] {
        &self.positional_arguments
    }

    fn option(&self, name: &str) -> Option<&CommandLineOption> {
        self.options.iter().find(|option| option.names.contains(&name))
    }

    fn parse(&mut self, mut arguments: impl Iterator<Item = String>) -> Result<(), String> {
        while let Some(argument) = arguments.next() {
            let Some(name) = argument.strip_prefix("--").or_else(|| argument.strip_prefix('-')) else {
                self.positional_arguments.push(argument);
                continue;
            };
            let (name, attached) = match name.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (name, None),
            };
            let option = self.option(name).ok_or_else(|| format!("Unknown option '{name}'."))?;
            let value = match (&option.value, attached) {
                (Some(_), Some(value)) => value,
                (Some(_), None) => {
                    arguments.next().ok_or_else(|| format!("Missing value after '{argument}'."))?
                }
                (None, Some(_)) => return Err(format!("Unexpected value after '{}'.", with_dashes(name))),
                (None, None) => String::new(),
            };
            self.values.insert(option.names[0], value);
        }
        let (expected, given) = (self.positional.len(), self.positional_arguments.len());
        if expected != given && !self.is_set("help") {
            return Err(format!("{expected} arguments are expected, {given} are there."));
        }
        Ok(())
    }

    fn help_text(&self) -> String {
        let program = std::env::args_os().next().unwrap_or_default();
        let program = program.to_string_lossy();
        let names: Vec<_> = self.positional.iter().map(|(name, _)| format!(" {name}")).collect();
        let mut text =
            format!("Usage: {program} [options]{}\n{}\n\nOptions:", names.concat(), self.description);
        for option in &self.options {
            text += &format!("\n  {:26} {}", option.usage(), option.description);
        }
        if !self.positional.is_empty() {
            text += "\n\nArguments:";
            for (name, description) in &self.positional {
                text += &format!("\n  {name:26} {description}");
            }
        }
        text
    }
}

fn with_dashes(name: &str) -> String {
    if name.len() == 1 { format!("-{name}") } else { format!("--{name}") }
}
