"""Measuring: turns, outputs compared, starts taken off; with a runner that only pretends to run."""

import sys
import tempfile
import unittest
from pathlib import Path

from ermine_bench import components, measure, peers, process
from ermine_bench.measure import Meter, Plan, Row
from ermine_bench.process import Completed, Invocation


def completed(wall=1.0, out=b"ok\n", status=0, timed_out=False, err=b""):
    return Completed(wall, wall, status, timed_out, out, err)


class Pretend:
    """Answers from a table by the command's first word, and remembers the order of the calls."""

    def __init__(self, answers):
        self.answers, self.calls = answers, []

    def __call__(self, invocation, timeout):
        self.calls.append(invocation.argv[0])
        answer = self.answers[invocation.argv[0]]
        return answer(self.calls.count(invocation.argv[0])) if callable(answer) else answer


def row(name, *commands, **more):
    return Row(name, {c: Invocation([c]) for c in commands}, **more)


class Turns(unittest.TestCase):
    def test_contenders_take_turns_and_the_first_changes(self):
        runner = Pretend({"a": completed(), "b": completed()})
        Meter(Plan(runs=3), runner=runner).row(row("r", "a", "b"))
        self.assertEqual("".join(runner.calls), "ab" "ab" "ba" "ab")

    def test_slow_cells_stop_after_the_least_number_of_runs(self):
        runner = Pretend({"slow": completed(wall=5.0), "fast": completed(wall=0.1)})
        result = Meter(Plan(runs=9, cell_seconds=6, least=3), runner=runner).row(row("r", "slow", "fast"))
        self.assertEqual(len(result.cells["slow"].costs), 3)
        self.assertEqual(len(result.cells["fast"].costs), 9)

    def test_a_run_longer_than_the_cells_time_is_kept_as_its_only_one(self):
        runner = Pretend({"a": completed(wall=50.0)})
        result = Meter(Plan(cell_seconds=20), runner=runner).row(row("r", "a"))
        self.assertEqual(result.cells["a"].costs, [50.0])
        self.assertEqual(len(runner.calls), 1)


class Outputs(unittest.TestCase):
    def test_a_wrong_fast_answer_is_an_error(self):
        meter = Meter(Plan(runs=2), runner=Pretend({"a": completed(), "b": completed(), "c": completed(0.01, b"nonsense")}))
        result = meter.row(row("r", "a", "b", "c"))
        self.assertEqual(result.cells["c"].status, "wrong")
        self.assertEqual(result.cells["c"].costs, [])
        self.assertEqual(len(meter.errors), 1)
        self.assertEqual(result.cells["a"].status, "ok")

    def test_the_expected_output_outvotes_a_majority(self):
        meter = Meter(Plan(runs=1), runner=Pretend({"a": completed(out=b"1"), "b": completed(out=b"1"), "c": completed(out=b"2")}))
        result = meter.row(row("r", "a", "b", "c", expected=b"2"))
        self.assertEqual([result.cells[c].status for c in "abc"], ["wrong", "wrong", "ok"])

    def test_an_answer_that_changes_between_runs_is_an_error(self):
        meter = Meter(Plan(runs=3), runner=Pretend({"a": lambda n: completed(out=b"x" if n < 3 else b"y")}))
        result = meter.row(row("r", "a"))
        self.assertEqual(result.cells["a"].status, "wrong")
        self.assertTrue(meter.errors)

    def test_only_the_canonical_part_must_be_equal(self):
        meter = Meter(Plan(runs=1), runner=Pretend({"a": completed(out=b"1 fast"), "b": completed(out=b"1 slow")}))
        result = meter.row(row("r", "a", "b", canonical=lambda out: out[:1]))
        self.assertEqual({c.status for c in result.cells.values()}, {"ok"})

    def test_programs_of_others_may_print_times(self):
        runner = Pretend({"a": lambda n: completed(out=b"%d" % n), "b": lambda n: completed(out=b"%d" % (n + 9))})
        meter = Meter(Plan(runs=2), runner=runner)
        result = meter.row(row("r", "a", "b", may_vary=True))
        self.assertEqual({c.status for c in result.cells.values()}, {"ok"})
        self.assertEqual((meter.errors, len(meter.remarks)), ([], 1))
        steady = Meter(Plan(runs=2), runner=Pretend({"a": completed(out=b"1"), "b": completed(out=b"2")}))
        steady.row(row("r", "a", "b", may_vary=True))
        self.assertEqual(len(steady.errors), 1)

    def test_failures_are_noted_and_not_timed(self):
        meter = Meter(Plan(runs=2), runner=Pretend({"a": completed(status=1, err=b"noise\nError: no such thing\n"), "b": completed()}))
        result = meter.row(row("r", "a", "b"))
        self.assertEqual(result.cells["a"].status, "failed")
        self.assertIn("no such thing", result.cells["a"].note)
        self.assertEqual(meter.errors, [])
        self.assertEqual(len(result.cells["b"].costs), 2)


class Starts(unittest.TestCase):
    def test_the_start_is_taken_off(self):
        runner = Pretend({"a0": completed(0.2), "a1": completed(1.2)})
        start = Row("p (start)", {"a": Invocation(["a0"])}, hidden=True)
        full = Row("p", {"a": Invocation(["a1"])}, minus="p (start)")
        _, result = Meter(Plan(runs=3), runner=runner).rows([start, full])
        self.assertEqual([round(c, 6) for c in result.cells["a"].costs], [1.0, 1.0, 1.0])

    def test_what_cannot_be_told_from_the_start_is_no_figure(self):
        runner = Pretend({"a0": completed(1.0), "a1": completed(1.01)})
        start = Row("s", {"a": Invocation(["a0"])})
        _, result = Meter(Plan(runs=3), runner=runner).rows([start, Row("p", {"a": Invocation(["a1"])}, minus="s")])
        self.assertEqual((result.cells["a"].status, result.cells["a"].costs), ("small", []))


class Processes(unittest.TestCase):
    def test_a_real_run(self):
        done = process.run(Invocation([sys.executable, "-c", "import sys; print('hi'); sys.exit(3)"]))
        self.assertEqual((done.status, done.stdout, done.ok), (3, b"hi\n", False))
        self.assertGreater(done.wall, 0)

    def test_a_run_that_does_not_end_is_killed_with_its_children(self):
        done = process.run(Invocation(["sh", "-c", "sleep 30 & wait"]), timeout=0.3)
        self.assertTrue(done.timed_out)
        self.assertLess(done.wall, 5)
        self.assertIn("not finished after", done.complaint())

    def test_working_folder_and_environment(self):
        done = process.run(Invocation(["sh", "-c", "pwd; echo $WHAT"], cwd=Path("/"), env={"WHAT": "this"}))
        self.assertEqual(done.stdout, b"/\nthis\n")


class Paths(unittest.TestCase):
    def test_folders_are_left_out(self):
        self.assertEqual(process.short_paths('module "/home/me/x/a.wasm": bad'), 'module "…/a.wasm": bad')
        self.assertEqual(process.short_paths("--peer ermine@old=/a/b/ermine 3/4 a/b x.y/z"), "--peer ermine@old=…/ermine 3/4 a/b x.y/z")


class Guess(unittest.TestCase):
    def test_nothing_is_guessed_before_the_first_row(self):
        clock = measure.Clock()
        clock.total = 5
        self.assertIsNone(clock.left())
        clock.done = 5
        self.assertEqual(clock.left(), 0)


class Components(unittest.TestCase):
    def contender(self, peer, tier=0):
        return peers.Contender(peers.BY_NAME[peer], peers.BY_NAME[peer].tiers[tier], "/bin/engine")

    def test_flags_of_the_version_and_the_network_come_before_the_program(self):
        argv = self.contender("wasmtime").run_component(Path("p.wasm"), "0.3", ["echo", "7"], Path("f")).argv
        self.assertEqual(argv[-5:], ["--dir", ".", "p.wasm", "echo", "7"])
        for flags in (*peers.BY_NAME["wasmtime"].components["0.3"], *peers.BY_NAME["wasmtime"].loopback):
            self.assertLess(argv.index(flags), argv.index("--dir"))

    def test_an_engine_without_components_has_no_row(self):
        self.assertIsNone(self.contender("wasm3").run_component(Path("p.wasm"), "0.2"))
        self.assertIsNone(self.contender("ermine").run_component(Path("p.wasm"), "0.1"))

    def test_the_programs_know_works_by_their_first_letter(self):
        letters = [kind[0] for _, kind, _ in components.COMPONENTS]
        self.assertEqual(len(set(letters)), len(letters))

    def test_the_big_file_is_the_same_each_time_and_made_once(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            components.big_file(folder)
            first = (folder / "big.bin").stat()
            components.big_file(folder)
            self.assertEqual((folder / "big.bin").stat().st_mtime_ns, first.st_mtime_ns)
            self.assertEqual(first.st_size, components.READ_MB << 20)
            (folder / "big.bin").write_bytes(b"cut")
            components.big_file(folder)
            self.assertEqual((folder / "big.bin").stat().st_size, first.st_size)


if __name__ == "__main__":
    unittest.main()
