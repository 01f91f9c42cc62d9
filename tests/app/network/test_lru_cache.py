"""The cache that keeps the values that were used last."""

from app.network.lru_cache import LruCache


def test_the_least_recently_used_values_are_dropped() -> None:
    cache = LruCache[str, int](2)
    assert cache.get("a") is None
    for key, value in (("a", 1), ("b", 2)):
        assert cache.add(key, value) == value
    assert cache.get("a") == 1
    cache.add("c", 3)
    assert [cache.get(key) for key in "abc"] == [1, None, 3]
    assert len(cache) == 2


def test_a_value_is_computed_once() -> None:
    cache = LruCache[str, list[int]](2)
    first = cache.get_or_compute("a", list)
    first.append(1)  # an empty list is a value too
    assert cache.get_or_compute("a", list) is first


def test_unwanted_values_are_dropped() -> None:
    cache = LruCache[str, int](3)
    for key in ("a", "ab", "b"):
        cache.add(key, 1)
    cache.drop(lambda key: key.startswith("a"))
    assert [cache.get(key) for key in ("a", "ab", "b")] == [None, None, 1]


def test_values_may_have_sizes_and_the_last_one_is_always_kept() -> None:
    cache = LruCache[str, bytes](5, len)
    cache.add("a", b"aa")
    cache.add("b", b"bbb")
    assert len(cache) == 2
    cache.add("c", b"c")
    assert [cache.get(key) for key in "abc"] == [None, b"bbb", b"c"]
    cache.add("d", b"too large")
    assert [cache.get(key) for key in "bcd"] == [None, None, b"too large"]
