"""A cache that keeps the values that were used last."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class LruCache(Generic[K, V]):
    """Values by key. When a value is added to a full cache, the least recently used ones are dropped.

    The cache is full when the sizes of its values add up to `limit`; by default, the size of each value is 1. The value
    that was added last is always kept. All calls must come from the same thread.
    """

    def __init__(self, limit: int, size_of: Callable[[V], int] = lambda _: 1) -> None:
        self._limit, self._size_of = limit, size_of
        self._values: OrderedDict[K, V] = OrderedDict()

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: K) -> V | None:
        """The value, now the most recently used one; None if it is not in the cache."""
        if key not in self._values:
            return None
        self._values.move_to_end(key)
        return self._values[key]

    def add(self, key: K, value: V) -> V:
        """Add a value. Returns it."""
        self._values[key] = value
        while len(self._values) > 1 and sum(map(self._size_of, self._values.values())) > self._limit:
            self._values.popitem(last=False)
        return value

    def drop(self, unwanted: Callable[[K], bool]) -> None:
        """Drop the values whose key is unwanted."""
        for key in [key for key in self._values if unwanted(key)]:
            del self._values[key]

    def get_or_compute(self, key: K, compute: Callable[[], V]) -> V:
        """The value, which is computed and added if it is not in the cache."""
        found = self.get(key)
        return self.add(key, compute()) if found is None else found
