"""The benchmark harness: compares Ermine with the engines that a user would choose instead, and draws the result.
The pipeline, one module per step: `programs` (what is run) and `peers` (the engines) are combined by `suites` into rows of
commands; `measure` runs each row's commands interleaved, through `process`; `stats` turns samples into medians with
intervals; `report` writes JSON, Markdown, plots and HTML; `compare` reads two JSON files. `wasm_file` reads and rewrites
modules, `machine` describes the computer, `cli` is the command.
"""
