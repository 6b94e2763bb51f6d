"""The statistics, against values worked out by hand and by their definitions."""

import itertools
import random
import unittest

from ermine_bench import stats


class Medians(unittest.TestCase):
    def test_odd_and_even(self):
        self.assertEqual(stats.median([3, 1, 2]), 2)
        self.assertEqual(stats.median([4, 1, 3, 2]), 2.5)
        self.assertRaises(ValueError, stats.median, [])

    def test_geometric_mean(self):
        self.assertAlmostEqual(stats.geometric_mean([1, 4, 16]), 4)
        self.assertAlmostEqual(stats.geometric_mean([0.5, 2]), 1)
        self.assertRaises(ValueError, stats.geometric_mean, [])


class Intervals(unittest.TestCase):
    def test_one_value_has_no_width(self):
        e = stats.estimate([2.5])
        self.assertEqual((e.value, e.low, e.high, e.samples), (2.5, 2.5, 2.5, 1))

    def test_the_interval_holds_the_median_and_stays_inside_the_values(self):
        values = [1.0, 1.1, 1.05, 1.2, 0.9, 3.0, 1.02]
        e = stats.estimate(values)
        self.assertLessEqual(min(values), e.low)
        self.assertLessEqual(e.low, e.value)
        self.assertLessEqual(e.value, e.high)
        self.assertLessEqual(e.high, max(values))
        self.assertGreater(e.high, e.low)

    def test_the_same_samples_give_the_same_interval(self):
        values = [random.Random(5).random() for _ in range(9)]
        self.assertEqual(stats.estimate(values), stats.estimate(list(values)))

    def test_it_covers_the_truth_about_as_often_as_it_says(self):
        draw = random.Random(1)
        hits = 0
        for _ in range(200):
            e = stats.estimate([draw.lognormvariate(0, 0.3) for _ in range(15)])
            hits += e.low <= 1.0 <= e.high
        self.assertGreater(hits, 175)

    def test_more_samples_narrow_it(self):
        draw = random.Random(2)
        few, many = ([draw.gauss(10, 1) for _ in range(n)] for n in (5, 200))
        self.assertGreater(stats.estimate(few).spread, stats.estimate(many).spread)


class Ratios(unittest.TestCase):
    def test_value_and_direction(self):
        r = stats.ratio([4.0, 4.2, 3.8], [2.0, 2.1, 1.9])
        self.assertAlmostEqual(r.value, 2.0)
        self.assertLess(r.low, 2.0)
        self.assertGreater(r.high, 2.0)

    def test_single_values(self):
        r = stats.ratio([3.0], [2.0])
        self.assertEqual((r.value, r.low, r.high), (1.5, 1.5, 1.5))


class RankTest(unittest.TestCase):
    def test_exact_small_case(self):
        # All three of a below all three of b: 2 of the 20 orders are as extreme.
        self.assertAlmostEqual(stats.rank_test([1, 2, 3], [4, 5, 6]), 0.1)

    def test_exact_agrees_with_counting_every_order(self):
        a, b = [1.0, 4.0, 6.0], [2.0, 3.0, 5.0, 7.0]
        values = sorted(a + b)
        u = lambda chosen: sum(x > y for x in chosen for y in values if y not in chosen)  # noqa: E731
        mine, middle = u(a), len(a) * len(b) / 2
        orders = [u(c) for c in itertools.combinations(values, len(a))]
        extreme = sum(abs(o - middle) >= abs(mine - middle) for o in orders) / len(orders)
        self.assertAlmostEqual(stats.rank_test(a, b), extreme)

    def test_same_and_different(self):
        draw = random.Random(3)
        same = [draw.gauss(1, 0.1) for _ in range(20)]
        other = [draw.gauss(1, 0.1) for _ in range(20)]
        self.assertGreater(stats.rank_test(same, other), 0.05)
        self.assertLess(stats.rank_test(same, [x + 0.3 for x in other]), 0.001)

    def test_ties(self):
        self.assertEqual(stats.rank_test([1, 1, 1], [1, 1, 1]), 1.0)
        self.assertLess(stats.rank_test([1] * 10, [2] * 10), 0.001)

    def test_holm_is_monotone_and_never_below_the_plain_value(self):
        self.assertEqual(stats.holm([0.01, 0.04, 0.03]), [0.03, 0.06, 0.06])
        self.assertEqual(stats.holm([]), [])


if __name__ == "__main__":
    unittest.main()
