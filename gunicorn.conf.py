"""How gunicorn serves Linli: `gunicorn wsgi:app`. Every number may be set by a variable."""

import os
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108  gunicorn makes its own unguessable names in it

bind = os.environ.get("LINLI_BIND", "127.0.0.1:8000")
workers = int(os.environ.get("LINLI_WORKERS", str(max(2, os.cpu_count() or 1))))
worker_class = "gthread"
#: Not more than connections in a process's pool (LINLI_POOL_SIZE), so that nobody waits for one.
threads = int(os.environ.get("LINLI_THREADS", "6"))
#: Import once and fork: a killed worker is replaced in milliseconds. Nothing is connected before the fork.
preload_app = True
timeout = 60
graceful_timeout = 20
keepalive = 15
#: Heartbeats of workers are files: keep them in memory, a full disk must not kill workers.
worker_tmp_dir = str(MEMORY) if MEMORY.is_dir() else None
accesslog = None
errorlog = "-"
loglevel = "warning"
