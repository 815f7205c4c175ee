"""Jobs in separate processes that can be killed at any moment.

Decoding an upload and running networks on it can hang, leak or crash. So it happens in worker
processes, each the leader of its own process group and with its own limits. A worker process
stays warm, because its imports take seconds, and does one job after another.

A `WorkerPool` admits jobs through its queue and has worker slots. Each slot owns a process;
jobs and their events are messages between the two.
"""

from d2m.jobs.worker_pool import WorkerPool

__all__ = ["WorkerPool"]
