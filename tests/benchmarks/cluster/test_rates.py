"""The table of the cluster's rates."""

from benchmarks.cluster.rates import Rate, table


def test_the_proxys_share_of_the_processor_time_is_in_the_table() -> None:
    rate = Rate("Ray Serve", 4, 300.0, 0.01, 0.02, {"replicas": 0.003, "proxies": 0.001})
    assert table([rate]).endswith("| 4,000 | 25% |")


def test_a_measurement_too_short_to_count_processor_time_has_a_row() -> None:
    rate = Rate("inkling serve", 1, 300.0, 0.01, 0.02, {"replicas": 0.0})
    assert table([rate]).endswith("| 0 | 0% |")
