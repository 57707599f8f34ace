"""How many requests the live server has under way, so that a test's tables are not emptied under one."""

import threading
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from tests.waiting import PATIENCE

_changed = threading.Condition()
_under_way = 0


def counted(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware, the outermost one of a test run."""

    def middleware(request: HttpRequest) -> HttpResponse:
        global _under_way
        with _changed:
            _under_way += 1
            _changed.notify_all()
        try:
            return get_response(request)
        finally:
            with _changed:
                _under_way -= 1
                _changed.notify_all()

    return middleware


def wait_for_last(quiet: float = 0.05, patience: float = PATIENCE) -> None:
    """Returns once none has been under way for `quiet` seconds: a page that closes sends its last words late.

    Raises TimeoutError when one is still under way after `patience` seconds.
    """
    deadline = time.monotonic() + patience
    with _changed:
        while True:
            if not _changed.wait_for(lambda: _under_way == 0, deadline - time.monotonic()):
                raise TimeoutError(f"{_under_way} requests are still under way")
            if not _changed.wait(quiet):
                return
