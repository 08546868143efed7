"""Stands in for the agent: ends politely, and starts a stray process on request.

Signals: TERM ends it with 0 (never, when the file `stubborn` is there); USR1 starts a process
that leaves the session and the environment behind as far as it can; USR2 ends it with the code
in the file `code`.
"""

import os
import signal
import sys
import time

WANTED = (signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2)


def main() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, WANTED)
    home = os.environ["HODEI_AGENT_DIR"]
    os.unlink(os.environ["HODEI_AGENT_OTP_FILE"])
    write(f"{home}/ready", str(os.getpid()))
    while True:
        number = signal.sigwait(WANTED)
        if number == signal.SIGUSR1:
            stray(home)
        elif number == signal.SIGUSR2:
            with open(f"{home}/code", encoding="ascii") as file:
                print("the stand-in was told to end")
                sys.exit(int(file.read()))
        elif not os.path.exists(f"{home}/stubborn"):
            sys.exit(0)


def stray(home: str) -> None:
    if os.fork():
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, WANTED)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    write(f"{home}/child", str(os.getpid()))
    while True:
        time.sleep(3600)


def write(path: str, text: str) -> None:
    with open(f"{path}.new", "w", encoding="ascii") as file:
        file.write(text)
    os.rename(f"{path}.new", path)


main()
