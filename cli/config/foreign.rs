//! Tables that this version does not read though somebody had a reason to write them: another tool's, or a later version's.

use toml::de::DeTable;

use super::mistake::Mistake;
use super::read::{Key, Value};

/// The mistake to show if the file is that of the other tool named perfgate, which has `[defaults]` and `[[bench]]` with
/// a `command`: nothing else in it can be made sense of.
pub(super) fn other_tool(root: &DeTable<'_>) -> Option<Mistake> {
    let entry = |name: &str| root.iter().find(|(key, _)| key.get_ref() == name);
    let ours = ["gate", "run", "benchmark", "command"].iter().any(|name| entry(name).is_some());
    let bench = entry("bench").filter(|(_, value)| has_command(value));
    let defaults = entry("defaults").filter(|(_, value)| value.get_ref().is_table());
    let (key, label) = match (bench, defaults) {
        (Some((key, _)), _) => (key, "`[[bench]]` with a `command` is how that tool names a benchmark"),
        (None, Some((key, _))) if !ours => (key, "`[defaults]` is a section of that tool"),
        _ => return None,
    };
    let title = "this file belongs to another tool of the same name";
    let mistake = Mistake::new(title, key.span(), label).help(
        "this perfgate is `cargo-perfgate`, which gates the benchmarks of a cargo project; the other is published as \
         `perfgate` and `perfgate-cli`",
    );
    Some(mistake.help("move this file out of the way to use this perfgate; `perfgate init` then writes a new one"))
}

/// The mistake to show for a section that a later version will read.
pub(super) fn not_yet(key: &Key<'_>) -> Option<Mistake> {
    let (name, label, help) = match key.get_ref().as_ref() {
        "baseline" => (
            "[baseline]",
            "not read by this version",
            "this version keeps no baselines: it measures the baseline itself in every check; remove this section",
        ),
        _ => return None,
    };
    Some(Mistake::new(format!("`{name}` is not supported by this version"), key.span(), label).help(help))
}

/// Whether an array of tables has one with a `command`.
fn has_command(value: &Value<'_>) -> bool {
    value
        .get_ref()
        .as_array()
        .is_some_and(|entries| entries.iter().any(|entry| entry.get_ref().get("command").is_some()))
}
