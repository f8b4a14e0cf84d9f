//! The text of a configuration file, or of a manifest that holds one, to a configuration or the mistakes in it.

use toml::de::{DeTable, Error};

use super::mistake::{Mistake, Mistakes};
use super::read::Reader;
use super::section::read;
use super::{Config, ConfigError};

/// Reads the text of a `perfgate.toml`; `file` is its name in messages.
///
/// # Errors
///
/// [`ConfigError::Mistakes`], with every mistake in the text.
pub fn parse(text: &str, file: &str) -> Result<Config, ConfigError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let root = document(text, file)?;
    let mut reader = Reader::default();
    let config = read(&mut reader, &root, "the file");
    finish(config, reader, text, file)
}

/// Reads `[workspace.metadata.perfgate]` from the text of a `Cargo.toml`; the defaults if it has none.
pub(super) fn parse_manifest(text: &str, file: &str) -> Result<Config, ConfigError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let root = document(text, file)?;
    let metadata = |of: &str| root.get(of)?.get_ref().get("metadata")?.get_ref().as_table();
    let mut reader = Reader::default();
    let config = match metadata("workspace").and_then(|table| table.get("perfgate")) {
        Some(ours) => match reader.table(ours, "workspace.metadata.perfgate", "a table") {
            Some(table) => read(&mut reader, table, "`[workspace.metadata.perfgate]`"),
            None => Config::default(),
        },
        None => {
            let misplaced =
                metadata("package").and_then(|table| table.iter().find(|(key, _)| key.get_ref() == "perfgate"));
            if let Some((key, _)) = misplaced {
                let label = "not read: a workspace has one gate";
                let mistake = Mistake::new("`[package.metadata.perfgate]` is not supported", key.span(), label);
                reader.mistakes.push(mistake.help("write `[workspace.metadata.perfgate]`, or a `perfgate.toml`"));
            }
            return finish(Config::default(), reader, text, file).map(|config| Config { file: None, ..config });
        }
    };
    finish(config, reader, text, file)
}

fn document<'i>(text: &'i str, file: &str) -> Result<DeTable<'i>, Mistakes> {
    let (root, errors) = DeTable::parse_recoverable(text);
    let Some(first) = errors.first().map(Error::span) else { return Ok(root.into_inner()) };
    // What follows the first error is mostly its consequence; of several at its place, the last looked at it closest.
    let message = errors.iter().rev().find(|error| error.span() == first).map_or("", Error::message);
    let span = first.unwrap_or(text.len()..text.len());
    Err(Mistakes::new(file, text, vec![Mistake::new("not valid TOML", span, message)]))
}

fn finish(config: Config, reader: Reader, text: &str, file: &str) -> Result<Config, ConfigError> {
    if reader.mistakes.is_empty() {
        Ok(Config { file: Some(file.into()), ..config })
    } else {
        Err(Mistakes::new(file, text, reader.mistakes).into())
    }
}
