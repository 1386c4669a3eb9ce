"""What goes wrong besides sudden death: programs that sleep and wake, disks that are full, clocks that are off,
a Redis that forgets, a database that is read-only, a new release that is rolled out.
"""

from __future__ import annotations

import asyncio
import os
import random
import resource
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Protocol

import psycopg
import redis

from runtime.models import Worker
from tests.runtime.chaos.ledger import steadily
from tests.runtime.chaos.machines import PostgreSQL, Redis
from tests.runtime.servers import Program


class Wrong(Protocol):
    """It begins with the block and is over with it. `pid`: whose effects may be repeated; 0: anybody's, None:
    nobody's.
    """

    @property
    def name(self) -> str: ...
    @property
    def pid(self) -> int | None: ...
    def happen(self) -> AbstractAsyncContextManager[None]: ...


class Sleep:
    """SIGSTOP until the others have declared it dead, or where there are no others for as long as that takes;
    then SIGCONT.
    """

    def __init__(self, program: Program, *, alone: bool = False) -> None:
        self.name, self._program, self._alone = f"{program.name} asleep", program, alone

    @property
    def pid(self) -> int | None:
        return None if self._alone else self._program.pid

    @asynccontextmanager
    async def happen(self) -> AsyncIterator[None]:
        pid = self._program.pid
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
            if self._alone:
                await asyncio.sleep(15)
                return
            for _ in range(120):
                if not await steadily(lambda: Worker.objects.filter(pid=pid, stopped_at=None).exists()):
                    return
                await asyncio.sleep(0.5)
            raise AssertionError(f"nobody found {self.name}")
        finally:
            os.kill(pid, signal.SIGCONT)


class FullDisk:
    """Files of this program cannot grow beyond a megabyte for some seconds."""

    pid = None

    def __init__(self, program: Program) -> None:
        self.name, self._program = f"{program.name}'s disk full", program

    @asynccontextmanager
    async def happen(self) -> AsyncIterator[None]:
        pid = self._program.pid
        before = resource.prlimit(pid, resource.RLIMIT_FSIZE, (1 << 20, resource.RLIM_INFINITY))
        try:
            yield
            await asyncio.sleep(random.uniform(3, 8))
        finally:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, before)


class ReadOnly:
    """What a provider does when the disk is full, and what a standby is until it is promoted."""

    pid = 0  # heartbeats cannot be written either

    def __init__(self, database: PostgreSQL) -> None:
        self.name, self._database = "postgresql read-only", database

    @asynccontextmanager
    async def happen(self) -> AsyncIterator[None]:
        await asyncio.to_thread(self._set, "on")
        try:
            yield
            await asyncio.sleep(random.uniform(3, 10))
        finally:
            await asyncio.to_thread(self._set, "off")

    def _set(self, value: str) -> None:
        with psycopg.connect(self._database.url, autocommit=True) as connection:
            connection.execute("SET default_transaction_read_only = off")
            connection.execute(f"ALTER SYSTEM SET default_transaction_read_only = {value}".encode())
            connection.execute("SELECT pg_reload_conf()")


class Forgetting:
    """Every hint and every subscription's news in Redis is gone."""

    pid = None

    def __init__(self, server: Redis) -> None:
        self.name, self._server = "redis flushed", server

    @asynccontextmanager
    async def happen(self) -> AsyncIterator[None]:
        with redis.Redis.from_url(self._server.url) as client:
            client.flushall()
        yield


class Deploy:
    """Each program in its turn is told to stop, ends, and is started again."""

    name = "deploy"
    pid = None

    def __init__(self, programs: Sequence[Program], wait: Callable[[Program], None]) -> None:
        self._programs, self._wait = programs, wait

    @asynccontextmanager
    async def happen(self) -> AsyncIterator[None]:
        yield
        for program in self._programs[::-1]:
            assert await asyncio.to_thread(program.stop) in (0, -15), program.log()
            program.start()
            await asyncio.to_thread(self._wait, program)


_CLOCK = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>
static long by(void) { const char *t = getenv("CHAOS_CLOCK_OFF"); return t ? atol(t) : 0; }
int clock_gettime(clockid_t id, struct timespec *ts) {
  static int (*real)(clockid_t, struct timespec *);
  if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
  int r = real(id, ts);
  if (!r && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) ts->tv_sec += by();
  return r;
}
time_t time(time_t *t) {
  struct timespec ts; clock_gettime(CLOCK_REALTIME, &ts);
  if (t) *t = ts.tv_sec;
  return ts.tv_sec;
}
int gettimeofday(struct timeval *tv, void *zone) {
  struct timespec ts; clock_gettime(CLOCK_REALTIME, &ts);
  tv->tv_sec = ts.tv_sec; tv->tv_usec = ts.tv_nsec / 1000;
  return 0;
}
"""


def clock_library(folder: Path) -> Path | None:
    """What gives a program another time of day, where this machine has a compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    source, library = folder / "clock.c", folder / "clock.so"
    source.write_text(_CLOCK)
    subprocess.run([compiler, "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"], check=True)
    return library
