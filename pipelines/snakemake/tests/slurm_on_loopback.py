"""A Slurm cluster of one node on this machine, for as long as a test needs it.

munged, slurmctld and slurmd run in a folder of their own, on the loopback address and on free
ports, as the user who starts them: neither a Slurm that is already there nor its key is touched.
"""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

__all__ = ["PROGRAMS", "SlurmError", "missing_programs", "slurm_cluster"]

#: What Debian's packages slurm-wlm and munge install.
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "sinfo", "scontrol")

_PATIENCE_SECONDS = 60.0
_STOP_SECONDS = 20.0
# Debian keeps the daemons where the PATH of an ordinary user does not look.
_DAEMONS = os.pathsep.join(["/usr/sbin", "/sbin"])

# Nothing here needs control groups or a database, which a container may not have.
_CONFIGURATION = """\
ClusterName=loopback
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
JobCompType=jobcomp/filetxt
JobCompLoc={folder}/jobs.txt
# squeue is asked for jobs that have ended, too: they stay that long.
MinJobAge=3600
ReturnToService=2
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={memory} State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


class SlurmError(RuntimeError):
    """The cluster did not come up; the message holds what its daemons said."""


def missing_programs() -> list[str]:
    """Return the programs of Slurm and munge that are not installed."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), _DAEMONS])
    return [name for name in PROGRAMS if shutil.which(name, path=path) is None]


@contextmanager
def slurm_cluster(folder: Path, environment: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Start a cluster whose files are in `folder`, and stop its daemons at the end.

    Parameters
    ----------
    folder
        An empty folder; its path must be short, as sockets lie in it.
    environment
        What the daemons, and so the jobs, start with.

    Yields
    ------
    dict
        The environment in which Slurm's commands speak to this cluster.

    Raises
    ------
    SlurmError
        If a program is missing, or the node is not idle within a minute.
    """
    if missing := missing_programs():
        raise SlurmError(f"not installed: {', '.join(missing)} (Debian: slurm-wlm and munge)")
    inside = dict(environment) | {
        "SLURM_CONF": str(folder / "slurm.conf"),
        "PATH": os.pathsep.join(
            [str(folder / "bin"), environment.get("PATH", os.defpath), _DAEMONS]
        ),
    }
    _write_configuration(folder)
    _write_srun(folder, inside["PATH"])
    with ExitStack() as daemons:
        key, munge = folder / "munge.key", folder / "munge"
        daemons.enter_context(
            _daemon(
                ["munged", "--foreground", "--force", f"--key-file={key}",
                 f"--socket={munge}/socket", f"--pid-file={munge}/pid",
                 f"--log-file={folder}/munged.log", f"--seed-file={folder}/munge.seed"],
                folder, inside,
            )
        )  # fmt: skip
        _wait(lambda: (munge / "socket").exists(), "munged", folder)
        daemons.enter_context(_daemon(["slurmctld", "-D"], folder, inside))
        daemons.enter_context(_daemon(["slurmd", "-D", "-N", _host()], folder, inside))
        _wait(lambda: _idle(inside), "the node", folder)
        yield inside


def _host() -> str:
    return socket.gethostname().split(".")[0]


def _write_configuration(folder: Path) -> None:
    import pwd

    for name in ("munge", "state", "spool"):
        (folder / name).mkdir(mode=0o755)
    key = folder / "munge.key"
    key.touch(mode=0o600)
    key.write_bytes(secrets.token_bytes(128))
    pages, page = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    controller_port, node_port = _free_ports(2)
    text = _CONFIGURATION.format(
        folder=folder,
        host=_host(),
        user=pwd.getpwuid(os.getuid()).pw_name,
        controller_port=controller_port,
        node_port=node_port,
        cpus=os.cpu_count() or 1,
        memory=pages * page // 2**20 // 2,
    )
    (folder / "slurm.conf").write_text(text, encoding="utf-8")


def _write_srun(folder: Path, path: str) -> None:
    """Write an srun that knows the configuration by itself.

    Within a job the Slurm plugin of Snakemake takes SLURM_CONF away, and srun would look in
    /etc/slurm.
    """
    real = shutil.which("srun", path=path)
    script = folder / "bin" / "srun"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nSLURM_CONF="{folder}/slurm.conf" exec "{real}" "$@"\n')
    script.chmod(0o755)


def _free_ports(number: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


@contextmanager
def _daemon(command: list[str], folder: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """Run a daemon in the foreground of a session of its own, and end it."""
    with (folder / f"{command[0]}.out").open("wb") as output:
        process = subprocess.Popen(
            command,
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _idle(environment: Mapping[str, str]) -> bool:
    asked = subprocess.run(
        ["sinfo", "--noheader", "--format=%T"],
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=_PATIENCE_SECONDS,
    )
    return asked.stdout.strip() == "idle"


def _wait(ready: Callable[[], bool], what: str, folder: Path) -> None:
    """Wait until `ready`, or say what the daemons said."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < until:
        if ready():
            return
        time.sleep(0.2)
    said = [
        f"{path.name}:\n{path.read_text(encoding='utf-8', errors='replace')[-2000:]}"
        for path in sorted([*folder.glob("*.log"), *folder.glob("*.out")])
    ]
    raise SlurmError("\n".join([f"{what} is not ready after {_PATIENCE_SECONDS:g} s", *said]))
