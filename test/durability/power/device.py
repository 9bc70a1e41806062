"""Why: a disk with a write cache that loses power. Writes stay in the memory of this process until a flush; whoever kills
it cuts the power. Like a real cache it may write some pages earlier, when it likes: `leak` is their share, from `seed`."""
import os
import random

import nbdkit

API_VERSION = 2
PAGE_BYTES = 4096

path = ""
leak = 0.0
chance = random.Random(0)
cache = {}
file = -1


def config(key, value):
    global path, leak
    if key == "file":
        path = os.path.abspath(value)
    elif key == "leak":
        leak = float(value)
    elif key == "seed":
        chance.seed(int(value))
    else:
        raise RuntimeError("unknown parameter " + key)


def thread_model():
    return nbdkit.THREAD_MODEL_SERIALIZE_ALL_REQUESTS


def after_fork():
    global file
    file = os.open(path, os.O_RDWR)


def open(readonly):
    return 1


def get_size(handle):
    return os.stat(path).st_size


def can_flush(handle):
    return True


def pieces(buffer, offset):
    """The parts of a request by page: page, start within it, start in the buffer, bytes."""
    done = 0
    while done < len(buffer):
        page, start = divmod(offset + done, PAGE_BYTES)
        count = min(PAGE_BYTES - start, len(buffer) - done)
        yield page, start, done, count
        done += count


def read_page(page):
    return cache[page] if page in cache else os.pread(file, PAGE_BYTES, page * PAGE_BYTES)


def pread(handle, buffer, offset, flags):
    for page, start, at, count in pieces(buffer, offset):
        buffer[at : at + count] = read_page(page)[start : start + count]


def pwrite(handle, buffer, offset, flags):
    for page, start, at, count in pieces(buffer, offset):
        content = bytearray(read_page(page))
        content[start : start + count] = buffer[at : at + count]
        cache[page] = content
        if chance.random() < leak:
            os.pwrite(file, cache.pop(page), page * PAGE_BYTES)


def flush(handle, flags):
    for page, content in cache.items():
        os.pwrite(file, content, page * PAGE_BYTES)
    cache.clear()
