"""Adapter for the runner of the public WebAssembly/wasi-testsuite: defines how to start a test under ermine.
    python3 test-runner/wasi_test_runner.py -r .../tests/wasi/ermine_adapter.py -t tests/c/testsuite/wasm32-wasip1 ...
(tests/wasi/testsuite.py runs the same programs without it.) The command is taken from the environment variable ERMINE,
otherwise it is "ermine" in the path.
"""
import os
import shlex
import subprocess
from typing import Dict, List, Optional, Tuple

ERMINE = shlex.split(os.getenv("ERMINE", "ermine"))


def get_name() -> str:
    return "ermine"


def get_version() -> str:
    result = subprocess.run(ERMINE[:1] + ["--version"], encoding="UTF-8", capture_output=True, check=True)
    return result.stdout.splitlines()[0].split(" ")[1]


def get_wasi_versions() -> List[str]:
    return ["wasm32-wasip1", "wasm32-wasip3"]


def get_wasi_worlds() -> List[str]:
    return ["wasi:cli/command"]


def compute_argv(test_path: str, args_env_root: Tuple[List[str], Dict[str, str], Optional[str]],
                 proposals: List[str], wasi_world: str, wasi_version: str) -> List[str]:
    args, env, root = args_env_root
    argv = ERMINE + ["run"]
    for name, value in env.items():
        argv += ["--env", f"{name}={value}"]
    if root:
        argv += ["--dir", f"{root}::/"]
    return argv + [test_path] + args
