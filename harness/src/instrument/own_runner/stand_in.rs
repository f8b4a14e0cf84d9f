//! A shell script that stands on the PATH in valgrind's place, between a framework's runner and valgrind. The runner clears
//! the environment, and with it whatever was pinned; the script sets it again. And iai-callgrind's runner can only be asked
//! for whole bench targets, in which one benchmark that fails ends the others: the script lets one alone be counted.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// What stands in the place of the command in the file of a benchmark that was left out.
pub const LEFT_OUT: &str = "left-out-by-perfgate";

/// What the script does with what the runner asks of valgrind. `@…@` are filled in.
const SCRIPT: &str = r#"#!/bin/sh
# perfgate's stand-in for valgrind.
out= log= tool=
for argument; do
    case $argument in
    --callgrind-out-file=*) out=${argument#*=} ;;
    --log-file=*) log=${argument#*=} ;;
    --tool=*) tool=${argument#*=} ;;
    -*) ;;
    *) break ;;
    esac
done
case $tool:$out in
callgrind:@wanted@)
    case ${PATH-} in @bin@:* | '') PATH=@path@ ;; esac
    export PATH
    unset CARGO CARGO_HOME RUSTUP_HOME RUSTUP_TOOLCHAIN IAI_CALLGRIND_HOME GUNGRAUN_HOME
    unset IAI_CALLGRIND_DEFAULT_TOOL GUNGRAUN_DEFAULT_TOOL
@environment@    exec @valgrind@ "$@"
    ;;
esac
# Another benchmark, or another tool: the runner reads what it left, and finds next to nothing.
library=
for argument; do
    case $argument in --iai-run | --gungraun-run) library=yes ;; esac
done
number=$#
while [ "$number" -gt 0 ]; do
    case $1 in -*) ;; *) break ;; esac
    [ "$tool" = callgrind ] || set -- "$@" "$1"
    shift
    number=$((number - 1))
done
if [ "$tool" != callgrind ]; then
    while [ "$number" -gt 0 ]; do shift; number=$((number - 1)); done
    exec @valgrind@ "$@" /bin/true
fi
case $out in *%p) out=${out%"%p"}$$ ;; esac
case $log in *%p) log=${log%"%p"}$$ ;; esac
cat >"$log" <<END
==$$== Callgrind, a call-graph generating cache profiler
==$$== Command: @left_out@
==$$== Parent PID: $PPID
==$$== 
==$$== Events    : Ir
==$$== Collected : 1
END
cat >"$out" <<END
# callgrind format
version: 1
creator: callgrind-3.19.0
pid: $$
cmd:  @left_out@
part: 1
thread: 1


desc: Trigger: Program termination

positions: line
events: Ir
summary: 1


ob=true
fl=true
fn=true
1 1

totals: 1
END
# A program may have to end with a certain code.
[ "$library" ] || exec "$@"
"#;

/// Directory in which a benchmark's files are left, below that of its bench target: `group/function.id`.
pub fn directory(name: &str) -> String {
    let mut parts = name.splitn(3, "::");
    let group = parts.next().unwrap_or_default();
    let mut function = parts.collect::<Vec<_>>().join(".");
    // The runners cut it there too.
    function.truncate(function.floor_char_boundary(200));
    format!("{group}/{function}")
}

/// Writes the script into `bin`, for the benchmark whose files are left in `wanted`, or for all, and for this environment.
///
/// # Errors
/// If it cannot be written.
pub fn write(
    bin: &Path,
    valgrind: &Path,
    wanted: Option<&str>,
    environment: &[(OsString, OsString)],
) -> io::Result<()> {
    let mut exports = OsString::new();
    let mut path = OsString::new();
    for (name, value) in environment {
        if name == "PATH" {
            path.clone_from(value);
            continue;
        }
        // What the project itself sets for a benchmark stands.
        for part in [OsStr::new("    [ \"${"), name, "+set}\" ] || ".as_ref(), name, "=".as_ref(), &quoted(value)] {
            exports.push(part);
        }
        for part in [OsStr::new("\n    export "), name, "\n".as_ref()] {
            exports.push(part);
        }
    }
    let mut pattern = OsString::from("*");
    if let Some(wanted) = wanted {
        pattern.push(quoted(format!("/{wanted}/callgrind.").as_ref()));
        pattern.push("*");
    }
    let filled = [
        ("@wanted@", pattern),
        ("@left_out@", LEFT_OUT.into()),
        ("@bin@", quoted(bin.as_os_str())),
        ("@path@", quoted(&path)),
        ("@environment@", exports),
        ("@valgrind@", quoted(valgrind.as_os_str())),
    ];
    let script = bin.join("valgrind");
    fs::write(&script, fill(SCRIPT, &filled).as_bytes())?;
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755))
}

fn fill(template: &str, filled: &[(&str, OsString)]) -> OsString {
    let mut out = OsString::new();
    let mut rest = template;
    while let Some((at, (mark, value))) =
        filled.iter().filter_map(|entry| Some((rest.find(entry.0)?, entry))).min_by_key(|(at, _)| *at)
    {
        out.push(&rest[..at]);
        out.push(value);
        rest = &rest[at + mark.len()..];
    }
    out.push(rest);
    out
}

/// As one word of the shell's.
fn quoted(text: &OsStr) -> OsString {
    let mut word = b"'".to_vec();
    for &byte in text.as_bytes() {
        match byte {
            b'\'' => word.extend(b"'\\''"),
            byte => word.push(byte),
        }
    }
    word.push(b'\'');
    OsStr::from_bytes(&word).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_left_by_group_function_and_id() {
        assert_eq!(directory("text_group::words::short"), "text_group/words.short");
        assert_eq!(directory("sort_group::sort"), "sort_group/sort");
        assert_eq!(directory(&format!("g::{}", "x".repeat(300))).len(), 202);
    }

    #[test]
    fn whatever_a_value_holds_is_one_word() {
        assert_eq!(quoted(OsStr::new("a'b $c")), OsStr::new("'a'\\''b $c'"));
        let filled = [("@a@", OsString::from("@b@")), ("@b@", OsString::from("2"))];
        assert_eq!(fill("1@a@@b@3", &filled), OsStr::new("1@b@23"));
    }
}
