//! Mistakes in the values and keys of `perfgate.toml`, as they are shown.

use snapbox::{assert_data_eq, str};

use super::refused;

#[test]
fn an_unknown_key_is_shown_with_the_nearest_known_one() {
    assert_data_eq!(
        refused("[gate]\nlimits = { instructions = \"1%\" }\n"),
        str![[r#"
error: unknown key `limits` in `[gate]`
 --> perfgate.toml:2:1
  |
2 | limits = { instructions = "1%" }
  | ^^^^^^ not known here
  |
  = help: did you mean `limit`?
"#]]
    );
    assert_data_eq!(
        refused("[run]\nall_features = true\n"),
        str![[r#"
error: unknown key `all_features` in `[run]`
 --> perfgate.toml:2:1
  |
2 | all_features = true
  | ^^^^^^^^^^^^ not known here
  |
  = help: did you mean `all-features`?
"#]]
    );
    assert_data_eq!(
        refused("[[benchmark]]\nfilter = \"json\"\nreason = \"slow\"\n"),
        str![[r#"
error: unknown key `reason` in `[[benchmark]]`
 --> perfgate.toml:3:1
  |
3 | reason = "slow"
  | ^^^^^^ not known here
  |
  = help: known here: `advisory`, `exclude`, `filter`, `limit` and `skip`
"#]]
    );
}

#[test]
fn an_unknown_section_is_shown() {
    assert_data_eq!(
        refused("[gate]\n\n[bench]\nfilter = \"json\"\n"),
        str![[r#"
error: unknown key `bench` in the file
 --> perfgate.toml:3:2
  |
3 | [bench]
  |  ^^^^^ not known here
  |
  = help: did you mean `benchmark`?
"#]]
    );
    assert_data_eq!(
        refused("[baseline]\nstore = \"baselines\"\n"),
        str![[r#"
error: `[baseline]` is not supported by this version
 --> perfgate.toml:1:2
  |
1 | [baseline]
  |  ^^^^^^^^ not read by this version
  |
  = help: this version keeps no baselines: it measures the baseline itself in every check; remove this section
"#]]
    );
}

#[test]
fn a_wrong_type_is_shown() {
    assert_data_eq!(
        refused("[run]\ntimeout = 300\n"),
        str![[r#"
error: wrong type for `run.timeout`
 --> perfgate.toml:2:11
  |
2 | timeout = 300
  |           ^^^ expected a duration such as "300s", found an integer
"#]]
    );
    assert_data_eq!(
        refused("[gate]\nlimit = \"1%\"\n"),
        str![[r#"
error: wrong type for `gate.limit`
 --> perfgate.toml:2:9
  |
2 | limit = "1%"
  |         ^^^^ expected a table by metric such as `{ instructions = "1%" }`, found a string
"#]]
    );
    assert_data_eq!(
        refused("[benchmark]\nfilter = \"json\"\n"),
        str![[r#"
error: wrong type for `benchmark`
 --> perfgate.toml:1:1
  |
1 | [benchmark]
  | ^^^^^^^^^^^ expected a section `[[benchmark]]`, of which there may be several, found a table
"#]]
    );
}

#[test]
fn a_bad_percentage_is_shown() {
    assert_data_eq!(
        refused("[gate]\nlimit.instructions = 1\n"),
        str![[r#"
error: percentage without a percent sign for `gate.limit.instructions`
 --> perfgate.toml:2:22
  |
2 | limit.instructions = 1
  |                      ^ a bare number may mean per cent or a fraction
  |
  = help: write it as a string with a percent sign: "1%"
"#]]
    );
    assert_data_eq!(
        refused("[gate]\nlimit.instructions = \"one per cent\"\n"),
        str![[r#"
error: invalid percentage for `gate.limit.instructions`
 --> perfgate.toml:2:22
  |
2 | limit.instructions = "one per cent"
  |                      ^^^^^^^^^^^^^^ expected a number with a percent sign
  |
  = help: write it as "1%" or "0.5%"
"#]]
    );
}

#[test]
fn an_exclude_below_the_limit_is_shown_with_both() {
    assert_data_eq!(
        refused("[gate]\nlimit = { instructions = \"3%\" }\nexclude = { instructions = \"2%\" }\n"),
        str![[r#"
error: `exclude` of 2% is below the `limit` of 3%
 --> perfgate.toml:3:28
  |
2 | limit = { instructions = "3%" }
  |                          ---- the limit
3 | exclude = { instructions = "2%" }
  |                            ^^^^ must be at least 3%
  |
  = help: a change up to `limit` is allowed, so a pass can only rule out more than that
"#]]
    );
    assert_data_eq!(
        refused("[[benchmark]]\nfilter = \"json\"\nexclude.instructions = \"0.1%\"\n"),
        str![[r#"
error: `exclude` of 0.1% is below the `limit` of 0.5%
 --> perfgate.toml:3:24
  |
3 | exclude.instructions = "0.1%"
  |                        ^^^^^^ must be at least 0.5%
  |
  = help: a change up to `limit` is allowed, so a pass can only rule out more than that
"#]]
    );
}

#[test]
fn other_values_that_cannot_be_meant_are_shown() {
    assert_data_eq!(
        refused("[gate]\nmetrics = [\"instructions\", \"time\"]\n"),
        str![[r#"
error: metric `time` is not supported by this version
 --> perfgate.toml:2:28
  |
2 | metrics = ["instructions", "time"]
  |                            ^^^^^^ not measured
  |
  = help: this version measures `allocated-bytes`, `allocations`, `branch-misses`, `estimated-cycles`, `instructions`, `l1-misses`, `ll-misses` and `peak-heap`
"#]]
    );
    assert_data_eq!(
        refused("[gate]\nmetrics = []\ninconclusive = \"ignore\"\n"),
        str![[r#"
error: `gate.metrics` is empty
 --> perfgate.toml:2:11
  |
2 | metrics = []
  |           ^^ nothing would be measured
  |
  = help: write `metrics = ["instructions"]`, or leave it out

error: unknown value `ignore` for `gate.inconclusive`
 --> perfgate.toml:3:16
  |
3 | inconclusive = "ignore"
  |                ^^^^^^^^ expected "warn" or "fail"
"#]]
    );
    assert_data_eq!(
        refused("[run]\ntimeout = \"300\"\njobs = 0\nfeatures = [\"simd avx\", \"--release\"]\n"),
        str![[r#"
error: invalid duration for `run.timeout`
 --> perfgate.toml:2:11
  |
2 | timeout = "300"
  |           ^^^^^ expected a number with a unit
  |
  = help: write it as "300s", "5m" or "1h"

error: `run.jobs` is out of range
 --> perfgate.toml:3:8
  |
3 | jobs = 0
  |        ^ expected a number from 1 to 1024
  |
  = help: leave it out to use every core

error: `simd avx` is not the name of a feature
 --> perfgate.toml:4:13
  |
4 | features = ["simd avx", "--release"]
  |             ^^^^^^^^^^ expected `name` or `package/name`
  |
  = help: write each feature as a string of its own

error: `--release` is not the name of a feature
 --> perfgate.toml:4:25
  |
4 | features = ["simd avx", "--release"]
  |                         ^^^^^^^^^^^ expected `name` or `package/name`
  |
  = help: write each feature as a string of its own
"#]]
    );
    assert_data_eq!(
        refused("[[benchmark]]\nadvisory = true\n"),
        str![[r#"
error: `[[benchmark]]` without `filter`
 --> perfgate.toml:1:1
  |
1 | [[benchmark]]
  | ^^^^^^^^^^^^^ which benchmarks is this about?
  |
  = help: add one: `filter = "json::*"`, or `filter = "*"` for all of them
"#]]
    );
}
