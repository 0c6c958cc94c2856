"""An object that comes from the server, piece by piece."""

from collections.abc import Callable
from contextlib import suppress
from threading import Lock

from urllib3 import BaseHTTPResponse

from asperguide.adapters.content import PIECE
from asperguide.shared.errors import StorageUnavailable
from asperguide.shared.storage import StoredObject


class Reading:
    """An answer whose body is read in threads, one piece at a time. `left` bytes are still to come."""

    def __init__(self, response: BaseHTTPResponse, told: Callable[[int], StoredObject]) -> None:
        self._response = response
        self._lock = Lock()
        self._is_over = False
        self.left = int(response.headers.get("content-length") or 0)
        whole = response.headers.get("content-range", "").rpartition("/")[2]
        self.object = told(int(whole) if whole.isdigit() else self.left)

    def read(self) -> bytes:
        """The next piece. Blocks. Raises StorageUnavailable when it does not come whole."""
        try:
            with self._lock:
                wanted = min(PIECE, self.left)
                piece = self._response.read(wanted)
        finally:
            if self._is_over:
                self._end()
        if len(piece) != wanted:
            raise StorageUnavailable
        self.left -= wanted
        return piece

    def close(self) -> None:
        """Give the connection back if all was read, else end it: also while a thread waits for the next piece."""
        self._is_over = True
        if self._lock.locked():
            with suppress(ValueError, RuntimeError, OSError):
                self._response.shutdown()
        self._end()

    def _end(self) -> None:
        """Whoever has the lock may end it; a thread that reads does so when it is through."""
        if self._lock.acquire(blocking=False):
            try:
                self._response.close()
            finally:
                self._lock.release()
