# What a contributor types. Each recipe is a script that runs without just as well.

# List the recipes.
default:
    @just --list

# A real crate, its own benchmark, a harmless-looking refactoring.
demo:
    ./demo

# Every test; arguments go to `cargo test`.
test *ARGS:
    ./test {{ARGS}}

# Everything that gates a change.
ci:
    .ci/run

# Formatting, lints and documentation: the quick part of `ci`.
lint:
    .ci/lint
