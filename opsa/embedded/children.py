"""Child processes that do not outlive the launcher, even when it is killed with SIGKILL.

Two nets: the kernel signals every direct child when its parent dies (PR_SET_PDEATHSIG), and the
guard (`opsa.embedded.guard`) sweeps the process groups that the children made.
"""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1
NOBODY = 65534

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(sig: signal.Signals, parent: int) -> None:
    """Ask the kernel for `sig` when the process `parent` dies. Runs in the child, before exec.

    The thread that starts the child must live as long as the parent: start children from the main
    thread. Elsewhere than on Linux this does nothing and the guard alone ends the children.
    """
    if _libc is None:
        return
    _libc.prctl(PR_SET_PDEATHSIG, int(sig), 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), sig)


def enter_user_namespace() -> None:
    """Become an unprivileged user in a namespace of our own; files stay owned by the real user.

    PostgreSQL refuses user id 0 and sees 65534 here. Raises OSError where namespaces are forbidden
    (a chroot, Docker's default profile).
    """
    uid, gid = os.geteuid(), os.getegid()
    os.unshare(os.CLONE_NEWUSER)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{NOBODY} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{NOBODY} {gid} 1")


def namespace_works() -> bool:
    """Whether this process may make a user namespace; tried in a throw-away child."""
    if sys.platform != "linux":
        return False
    child = os.fork()
    if child == 0:
        try:
            enter_user_namespace()
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def become_nobody() -> None:
    """Give up root for good: the user `nobody`, no supplementary groups."""
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def start_child(
    command: Sequence[str | Path],
    *,
    stop_signal: signal.Signals,
    output: IO[bytes] | None,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
    before: Callable[[], None] | None = None,
    talk: bool = False,
) -> subprocess.Popen[bytes]:
    """Start `command` as leader of its own process group; it gets `stop_signal` when we die.

    Its own group keeps the terminal's Ctrl+C away, so that the supervisor ends children in order.
    `before` runs in the child first (namespace or user change). With `talk` its standard input and
    output are pipes to us and `output` gets its standard error only.
    """
    parent = os.getpid()
    rest = output if output is not None else subprocess.DEVNULL

    def prepare() -> None:
        if before is not None:
            before()
        die_with_parent(stop_signal, parent)

    return subprocess.Popen(
        [str(part) for part in command],
        stdin=subprocess.PIPE if talk else subprocess.DEVNULL,
        stdout=subprocess.PIPE if talk else rest,
        stderr=rest,
        env=dict(environment) if environment is not None else None,
        cwd=directory,
        preexec_fn=prepare,
        process_group=0,
    )


def end_child(child: subprocess.Popen[bytes], sig: signal.Signals | None, patience: float) -> bool:
    """Ask with `sig` (None: already asked), wait `patience` seconds, then kill its whole group.

    True if it obeyed.
    """
    if sig is not None and child.poll() is None:
        child.send_signal(sig)
    try:
        child.wait(patience)
        obeyed = True
    except subprocess.TimeoutExpired:
        obeyed = False
    end_group(child.pid)
    child.wait()
    return obeyed


def end_group(group: int) -> None:
    """Kill what is left of a process group; nothing left is fine."""
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def group_alive(group: int) -> bool:
    """Whether any living process is still in the group."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
