"""The run host: one loop that takes what is ready and carries it out.

`loop` is the host itself, `active` the runs in its memory, `effects` what it does for them, `plans` the plans
it compiles, `waiting` who waits for answers, `projection` and `history` what people see of runs.
"""
