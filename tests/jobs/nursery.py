"""Loads the product once and forks loops from there, so that a killed one is back at once.

Reads ``start NAME`` and ``wait PID`` from its input; answers with the pid, or with the exit code.
"""

import datetime as dt
import os
import sys

import django


def main() -> None:
    django.setup()
    from jiesu.jobs import beats, tasks
    from jiesu.jobs.loops import LOOPS, Runner
    from jiesu.journal import sealing

    # Hours become moments, so that sealing and the reaping of a dead worker's task happen here.
    beats.EVERY, beats.DEAD_AFTER = dt.timedelta(seconds=0.3), dt.timedelta(seconds=3)
    tasks.TRIES = 100
    kept = {"settled": dt.timedelta(seconds=2), "period": dt.timedelta(seconds=0.2)}
    sealing.seal.__kwdefaults__.update(kept)

    print("ready", flush=True)
    for line in sys.stdin:
        what, _, value = line.strip().partition(" ")
        if what == "wait":
            _, status = os.waitpid(int(value), 0)
            print(os.waitstatus_to_exitcode(status), flush=True)
            continue
        pid = os.fork()
        if pid == 0:
            runner = Runner(LOOPS[value], every=0.02)
            runner.listen()
            runner.run()
            os._exit(0)
        print(pid, flush=True)


if __name__ == "__main__":
    main()
