"""One key for each Kafka partition, chosen so that Flink spreads the partitions evenly over its subtasks.

Flink sends a key to subtask `group * parallelism // 128`; `group` is the murmur hash of the encoded key modulo 128
(org.apache.flink.runtime.state.KeyGroupRangeAssignment, MathUtils.murmurHash; java.nio.ByteBuffer.hashCode).
With a few arbitrary keys, all may go to one subtask, and then one core does all the work.
"""

GROUPS = 128
MASK = 0xFFFFFFFF


def partition_keys(partitions: int) -> list[str]:
    """A key for each partition. The key groups are cut into one equal slice per partition (at most 128 slices), and the
    key of partition i is in slice i. So the partitions are spread evenly at any parallelism up to that number."""
    slices = min(partitions, GROUPS)
    return [_key_in_slice(number, number % slices, slices) for number in range(partitions)]


def subtask_of(key: str, parallelism: int) -> int:
    """The subtask to which Flink sends a key."""
    return key_group(key) * parallelism // GROUPS


def key_group(key: str) -> int:
    data = key.encode("utf-8")
    encoded = bytes([len(data)]) + data
    code = 1
    for byte in reversed(encoded):
        code = (31 * code + (byte - 256 if byte > 127 else byte)) & MASK
    return _murmur(code) % GROUPS


def _key_in_slice(number: int, wanted: int, slices: int) -> str:
    tries = (f"{number}.{salt}" for salt in range(100_000))
    return next(key for key in tries if key_group(key) * slices // GROUPS == wanted)


def _rotate(value: int, by: int) -> int:
    return ((value << by) | (value >> (32 - by))) & MASK


def _murmur(code: int) -> int:
    code = (code * 0xCC9E2D51) & MASK
    code = (_rotate(code, 15) * 0x1B873593) & MASK
    code = (_rotate(code, 13) * 5 + 0xE6546B64) & MASK
    code ^= 4
    code ^= code >> 16
    code = (code * 0x85EBCA6B) & MASK
    code ^= code >> 13
    code = (code * 0xC2B2AE35) & MASK
    code ^= code >> 16
    signed = code - (1 << 32) if code >> 31 else code
    return 0 if signed == -(1 << 31) else abs(signed)
