"""Describes the computer, and how steady it was during the measurement."""

from __future__ import annotations

import datetime
import os
import platform
import time
from dataclasses import dataclass, field
from pathlib import Path

from . import stats


def _first_line(path: str, starts: str = "") -> str:
    try:
        for line in Path(path).read_text(errors="replace").splitlines():
            if line.startswith(starts):
                return line.split(":", 1)[-1].strip() if starts else line.strip()
    except OSError:
        pass
    return ""


def describe() -> dict:
    memory = _first_line("/proc/meminfo", "MemTotal").split()
    return {
        "cpu": _first_line("/proc/cpuinfo", "model name") or platform.processor() or platform.machine(),
        "architecture": platform.machine(),
        "cores": os.cpu_count(),
        "memory_gib": round(int(memory[0]) / 1048576, 1) if memory else None,
        "kernel": f"{platform.system()} {platform.release()}",
        "system": _first_line("/etc/os-release", "PRETTY_NAME").split("=", 1)[-1].strip('"'),
        "governor": _first_line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor") or None,
        "virtual": "hypervisor" in _first_line("/proc/cpuinfo", "flags").split(),
        "date": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
    }


def _spin() -> float:
    start = time.perf_counter()
    value = 0
    for i in range(60_000):
        value = (value * 31 + i) & 0xFFFF
    return time.perf_counter() - start


@dataclass
class NoiseProbe:
    """A small fixed piece of work, timed between the runs: its spread is the noise of the machine.
    `loads` are the one-minute load averages; the harness itself accounts for about one.
    """

    spins: list[float] = field(default_factory=list)
    loads: list[float] = field(default_factory=list)

    def sample(self) -> None:
        self.spins.append(min(_spin(), _spin()))
        self.loads.append(os.getloadavg()[0])

    def verdict(self) -> dict:
        if len(self.spins) < 3:
            return {"noisy": None, "note": "too few samples to judge the machine's noise"}
        ordered = sorted(self.spins)
        middle = stats.median(ordered)
        high = ordered[int(0.9 * (len(ordered) - 1))] / middle - 1
        load = max(self.loads)
        reasons = []
        if high > 0.10:
            reasons.append(f"one in ten timings of a fixed piece of work was more than {high:.0%} over its median")
        if load > (os.cpu_count() or 1):
            reasons.append(f"the load average reached {load:.1f} on {os.cpu_count()} processors")
        note = "; ".join(reasons) if reasons else f"steady: a fixed piece of work varied by {high:.0%}"
        return {"noisy": bool(reasons), "note": note, "p90_over_median": high, "max_load": load, "samples": len(self.spins)}
