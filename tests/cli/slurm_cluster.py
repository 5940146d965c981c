#!/usr/bin/env python3
"""A real Slurm cluster of one node for tests: its own key, ports and folders; nothing outside its folder is touched.

As a program it runs one command with such a cluster: tests/cli/slurm_cluster.py bash -c 'sinfo; srun hostname'"""
import ctypes
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

DAEMONS = {"munged": "munge", "slurmctld": "slurmctld", "slurmd": "slurmd"}
CLIENTS = ("sbatch", "squeue", "scontrol", "scancel")
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"

# A task that went back to the queue may start again after cred_expire seconds (elsewhere 120); time limits are looked at
# every 30 s. Arrays are short, so that a small sweep needs two.
# config_overrides: the node has what is written here, whatever this machine has. No cgroups: a container may have none.
SLURM_CONF = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
ProctrackType=proctrack/linuxproc
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerType=sched/builtin
SchedulerParameters=sched_interval=1,sched_min_interval=100000
SlurmdParameters=config_overrides
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
MaxArraySize=4
ReturnToService=2
KillWait=5
NodeName={host} NodeHostname={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={memory} State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES DefMemPerCPU=256 DefaultTime=60 MaxTime=600 State=UP
"""


class Unavailable(Exception):
    """No cluster can be had here; the text says why, for a skipped test."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def end_with_parent():
    """In a daemon, before exec: it does not outlive a test that was killed."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


class SlurmCluster:
    """with SlurmCluster() as cluster: subprocess.run(["sbatch", ...], env={**os.environ, **cluster.environment})"""

    def __init__(self, cpus=2, memory=8192):
        self.cpus, self.memory = cpus, memory
        self.daemons = []

    def __enter__(self):
        missing = [name for name in (*DAEMONS, *CLIENTS) if not shutil.which(name, path=PATH)]
        if missing:
            raise Unavailable(f"{missing[0]} is not installed; Slurm comes with: apt-get install slurm-wlm munge")
        # A short path: a socket's may have 107 characters.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="slurm-", dir="/tmp"))
        try:
            self._configure()
            self._start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, *_):
        if len(self.daemons) == len(DAEMONS):
            self._end_jobs()
        for daemon in reversed(self.daemons):   # the node before its controller, munged last
            daemon.terminate()
            try:
                daemon.wait(timeout=20)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        self.daemons = []
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def environment(self):
        return {"SLURM_CONF": str(self.folder / "slurm.conf"), "PATH": PATH}

    def ask(self, *words, check=True):
        """Runs a client and returns what it prints."""
        done = subprocess.run(words, env={**os.environ, **self.environment}, capture_output=True, text=True, timeout=60)
        if check and done.returncode != 0:
            raise RuntimeError(f"{' '.join(words)}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def queue(self):
        """{"7_3": "RUNNING", ...} of all that is not over."""
        lines = self.ask("squeue", "--noheader", "--array", "--format=%i %T").split("\n")
        return dict(line.split() for line in lines if line)

    def wait(self, ready, seconds=60, what="the cluster"):
        end = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > end:
                raise RuntimeError(f"{what}: not after {seconds} seconds; queue: {self.queue()}\n{self.logs()}")
            time.sleep(0.2)

    def logs(self, lines=15):
        text = ""
        for path in sorted(self.folder.glob("*.log")):
            text += f"--- {path.name}\n" + "".join(path.read_text(errors="replace").splitlines(keepends=True)[-lines:])
        return text

    def _configure(self):
        self.folder.chmod(0o711)   # munged wants its socket to be within everyone's reach
        for name in ("state", "spool"):
            (self.folder / name).mkdir(mode=0o755)
        key = self.folder / "munge.key"
        key.touch(mode=0o600)
        key.write_bytes(os.urandom(128))
        text = SLURM_CONF.format(host=socket.gethostname().split(".")[0], user=pwd.getpwuid(os.getuid()).pw_name, folder=self.folder,
                                 controller_port=free_port(), node_port=free_port(), cpus=self.cpus, memory=self.memory)
        (self.folder / "slurm.conf").write_text(text)
        # Nothing here needs cgroups. Before version 23 Slurm cannot be told so; version 1 is then the plugin that asks for
        # nothing until it is used.
        plugin = "disabled" if self._version() >= 23 else "cgroup/v1"
        (self.folder / "cgroup.conf").write_text(f"CgroupPlugin={plugin}\n")

    def _version(self):
        words = self.ask("slurmd", "-V").split()   # "slurm-wlm 22.05.8"
        return int(words[-1].split(".")[0])

    def _start(self):
        at = self.folder
        self._daemon("munged", "--foreground", "--num-threads=1", f"--key-file={at}/munge.key", f"--socket={at}/munge.socket",
                     f"--pid-file={at}/munged.pid", f"--seed-file={at}/munge.seed", f"--log-file={at}/munge.log")
        self._until((at / "munge.socket").exists, 20)
        self._daemon("slurmctld", "-D", "-c")
        self._daemon("slurmd", "-D", "-c")
        self._until(lambda: "idle" in self.ask("sinfo", "--noheader", "--format=%T", check=False), 40)

    def _daemon(self, *words):
        log = open(self.folder / f"{words[0]}.log", "wb")
        self.daemons.append(subprocess.Popen(words, env={**os.environ, **self.environment}, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                             cwd=self.folder, preexec_fn=end_with_parent))

    def _until(self, ready, seconds):
        end = time.monotonic() + seconds
        while not ready():
            gone = [daemon for daemon in self.daemons if daemon.poll() is not None]
            if gone or time.monotonic() > end:
                what = f"{gone[0].args[0]} ended with status {gone[0].returncode}" if gone else f"not ready after {seconds} seconds"
                raise Unavailable(f"a Slurm cluster cannot be started here: {what}\n{self.logs(6)}")
            time.sleep(0.1)

    def _end_jobs(self):
        try:
            self.ask("scancel", "--me", check=False)
            self.wait(lambda: not self.queue(), 30)
        except (RuntimeError, subprocess.SubprocessError):
            pass   # what goes wrong in tidying up hides no test's own failure


def main():
    try:
        with SlurmCluster() as cluster:
            return subprocess.run(sys.argv[1:] or ["sinfo"], env={**os.environ, **cluster.environment}, check=False).returncode
    except Unavailable as reason:
        print(reason, file=sys.stderr)
        return 77


if __name__ == "__main__":
    sys.exit(main())
