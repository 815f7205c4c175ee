"""Jobs in processes of their own that can be killed at any moment.

Decoding what strangers send, and running networks on it, can hang, leak or crash; so it
happens in a process that leads its own process group and has its limits. It is kept warm,
because its imports take seconds, and does job after job.

A `Worker` lets jobs in by its line and has desks; at a desk is a process, which serves; a job
and the news of it are messages between the two.
"""

from d2m.jobs.worker_pool import Worker

__all__ = ["Worker"]
