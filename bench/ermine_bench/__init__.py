"""The benchmark harness: measures Ermine beside what a user would pick instead, and draws the result.

The way of the data, one module a step: `programs` (what is run) and `peers` (who runs it) are combined by
`suites` into rows of commands; `measure` runs each row's commands interleaved, through `process`; `stats`
turns samples into medians with intervals; `report` writes JSON, Markdown, plots and HTML; `compare` reads two
JSON files. `wasm_file` reads and rewrites modules, `machine` describes the computer, `cli` is the command.
"""
