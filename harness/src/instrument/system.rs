//! Which part of a count is the system's: the C library, the loader, and whatever else a machine brings and a change of the
//! project does not.

use std::ffi::OsStr;
use std::path::Path;

use crate::profile::callgrind::PartSummary;

/// Where distributions keep their libraries.
const PLACES: [&str; 4] = ["/lib", "/usr/lib", "/usr/local/lib", "/nix/store"];

/// Instructions that libraries of the system executed.
#[must_use]
pub fn share(part: &PartSummary) -> u64 {
    part.objects.iter().filter(|(object, _)| is_library(object)).map(|(_, cost)| cost).sum()
}

/// Whether an object is the loader or a shared library of the system. Code that was made at run time is in none.
fn is_library(object: &str) -> bool {
    // `/lib64`, `/usr/lib32` and `/usr/libx32` too, but not `/usr/libexec`.
    let below = |place: &&str| object.strip_prefix(*place).is_some_and(|rest| rest.starts_with(['/', '3', '6', 'x']));
    let name = Path::new(object).file_name().and_then(OsStr::to_str).unwrap_or_default();
    PLACES.iter().any(below) && (name.contains(".so.") || name.ends_with(".so"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_of_the_system_are_told_from_programs() {
        for object in
            ["/usr/lib/x86_64-linux-gnu/libc.so.6", "/lib64/ld-linux-x86-64.so.2", "/lib/x86_64-linux-gnu/x.so"]
        {
            assert!(is_library(object), "{object}");
        }
        let others = [
            "/usr/bin/sort",
            "/home/me/libx.so",
            "/home/me/app/target/perfgate/tools/preload.so",
            "/dev/shm/perfgate-00000007-x/preload.so",
            "/usr/libexec/tool",
            "???",
            "/usr/lib/git-core/git",
        ];
        for object in others {
            assert!(!is_library(object), "{object}");
        }
    }

    #[test]
    fn the_share_is_the_sum_of_the_libraries() {
        let objects = [("/lib/libc.so.6", 5), ("/a/bench", 70), ("/lib64/ld-linux-x86-64.so.2", 2)];
        let objects = objects.map(|(object, cost)| (object.to_owned(), cost)).to_vec();
        assert_eq!(share(&PartSummary { objects, ..PartSummary::default() }), 7);
    }
}
