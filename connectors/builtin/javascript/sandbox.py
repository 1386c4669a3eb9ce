"""What a child does that runs one script (see `sdk/nursery.py`); arguments: folder of quickjs, CPU seconds.

Before it reads a byte of the script the process gives up what it will not need: descriptors beyond its
connection (so no file and no socket can be opened), memory, CPU time, further processes. It runs one script
and ends, so nothing is left for the next.
"""

from __future__ import annotations

import resource
import sys
from typing import Any

ADDRESS_SPACE = 640 * 1024 * 1024
HEAP = 128 * 1024 * 1024
STACK = 1024 * 1024

# The script is the body of a function, so `return` and `await` work; what it gets cannot be changed by it.
PROLOGUE = """
(function () {
  const deepFreeze = (value) => {
    if (value !== null && typeof value === "object" && !Object.isFrozen(value)) {
      Object.freeze(value);
      for (const name of Object.keys(value)) deepFreeze(value[name]);
    }
    return value;
  };
  const quiet = () => undefined;
  const fixed = (name, value) => Object.defineProperty(globalThis, name, { value, enumerable: true });
  fixed("workflowContext", deepFreeze(JSON.parse(__context)));
  fixed("console", Object.freeze({ log: quiet, info: quiet, warn: quiet, error: quiet, debug: quiet }));
  fixed("require", (name) => {
    throw new Error("require('" + name + "') is not available: scripts have no modules");
  });
  delete globalThis.__context;
})();
"""
EPILOGUE = """
globalThis.__answer = undefined;
__script().then((value) => JSON.stringify({ value })).then(
  (text) => { __answer = text; },
  (error) => {
    const known = error !== null && typeof error === "object" && "message" in error;
    const text = known ? (error.name || "Error") + ": " + error.message : String(error);
    __answer = JSON.stringify({ error: text, stack: known ? String(error.stack || "") : "" });
  },
);
"""


_quickjs: Any
_cpu_seconds: int


def give_up_rights() -> None:
    limits = (
        (resource.RLIMIT_AS, ADDRESS_SPACE),
        (resource.RLIMIT_CPU, _cpu_seconds),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 0),
    )
    for kind, limit in limits:
        resource.setrlimit(kind, (limit, limit))


def execute(quickjs: Any, code: str, workflow_context: str, seconds: int) -> str:
    """JSON text: `{"value": …}` (absent for undefined) or `{"error": sentence, "stack": …}`."""
    context = quickjs.Context()
    context.set_memory_limit(HEAP)
    context.set_max_stack_size(STACK)
    context.set_time_limit(seconds)
    try:
        context.set("__context", workflow_context)
        context.eval(PROLOGUE)
        # On the first line, so that the numbers in messages are those of the author's text.
        context.eval("globalThis.__script = async function () {" + code + "\n}")
        context.eval(EPILOGUE)
        while context.execute_pending_job():
            pass
        answer = context.get("__answer")
    except quickjs.StackOverflow:
        return failed("the script called itself too deeply")
    except quickjs.JSException as error:
        return failed(str(error).strip().partition("\n")[0])
    if not isinstance(answer, str):
        return failed("the script waits for something that never comes")
    return answer


def failed(sentence: str) -> str:
    escaped = "".join(
        f"\\u{ord(character):04x}" if character < " " or character in '"\\' else character
        for character in sentence
    )
    return f'{{"error": "{escaped}"}}'


def prepare(arguments: list[str]) -> None:
    global _quickjs, _cpu_seconds
    sys.path.insert(0, arguments[0])
    import _quickjs  # type: ignore[import-not-found]

    _cpu_seconds = int(arguments[1])


def serve(request: bytes) -> bytes:
    """Of "seconds, bytes of code", a line end, the code, the context as JSON."""
    head, _, rest = request.partition(b"\n")
    seconds, length = map(int, head.split())
    code, given = (part.decode("utf-8", errors="surrogatepass") for part in (rest[:length], rest[length:]))
    return execute(_quickjs, code, given, seconds).encode("utf-8", errors="surrogatepass")
