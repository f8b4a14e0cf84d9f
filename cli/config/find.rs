//! A workspace root to its configuration: the first of the places where it may stand.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use super::document::{parse, parse_manifest};
use super::{Config, ConfigError};

/// Where a configuration file may stand, relative to the workspace root. The first that exists is read.
const PLACES: [&str; 2] = ["perfgate.toml", ".config/perfgate.toml"];

/// The manifest that may hold the configuration if there is no file.
const MANIFEST: &str = "Cargo.toml";

/// The largest file that is read, bytes. Configurations are a page long, and the largest manifests a tenth of this.
const MOST_BYTES: u64 = 4 << 20;

/// Reads the configuration of the workspace at `root`: `perfgate.toml`, else `.config/perfgate.toml`, else
/// `[workspace.metadata.perfgate]` in `Cargo.toml`, else the defaults.
///
/// # Errors
///
/// If the file that applies cannot be read, or says something that cannot be meant.
pub fn load(root: &Path) -> Result<Config, ConfigError> {
    for place in PLACES {
        if let Some(text) = read(root, place)? {
            return parse(&text, place);
        }
    }
    read(root, MANIFEST)?.map_or_else(|| Ok(Config::default()), |text| parse_manifest(&text, MANIFEST))
}

/// The nearest directory, from this one upwards, that holds a configuration file.
#[must_use]
pub fn around(directory: &Path) -> Option<&Path> {
    directory.ancestors().find(|directory| PLACES.iter().any(|place| directory.join(place).exists()))
}

/// The names of the commands in a configuration file, or in a manifest that holds one; none if it cannot be read.
#[must_use]
pub fn commands_in(text: &str, file: &Path) -> Vec<String> {
    let name = file.to_string_lossy();
    let config = if name == MANIFEST { parse_manifest(text, &name) } else { parse(text, &name) };
    config.map(|config| config.commands.into_iter().map(|command| command.name).collect()).unwrap_or_default()
}

/// The text of a file, `None` if there is none.
fn read(root: &Path, place: &str) -> Result<Option<String>, ConfigError> {
    let unreadable = |source| ConfigError::Unreadable { path: place.into(), source };
    let path = root.join(place);
    match fs::metadata(&path) {
        Ok(metadata) if metadata.is_file() => {}
        // Opening a pipe would wait for somebody to write.
        Ok(_) => return Err(ConfigError::NotAFile { path: place.into() }),
        // A file named `.config` is none of our business.
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            // A dangling link is a configuration that somebody meant to be there.
            return if path.is_symlink() { Err(unreadable(e)) } else { Ok(None) };
        }
        Err(e) => return Err(unreadable(e)),
    }
    let mut bytes = Vec::new();
    File::open(&path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes)).map_err(unreadable)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(ConfigError::TooLarge { path: place.into(), limit: MOST_BYTES });
    }
    String::from_utf8(bytes).map(Some).map_err(|e| {
        let valid = &e.as_bytes()[..e.utf8_error().valid_up_to()];
        let line = valid.iter().filter(|&&byte| byte == b'\n').count() + 1;
        ConfigError::NotUtf8 { path: place.into(), line }
    })
}
