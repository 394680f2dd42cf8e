"""How long a job is naked, and in its phase, by the steady clock: nobody sets that one."""

from core.execution.job_run import JobRun
from core.ports.clock import Clock


class JobAges:
    """Remembers of each job when this engine first saw it so."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._naked_from: dict[str, tuple[int, int]] = {}  # job → since when it is naked, by both clocks
        self._phase_from: dict[str, tuple[int, int]] = {}  # job → when it entered its phase, and when that was seen

    def naked_ns(self, run: JobRun) -> int:
        """Return how long a job is naked; after a restart the journal's time says how long it was before."""
        job_id, since_ns, steady_ns = run.job.job_id, run.naked_since_ns, self._clock.monotonic_ns()
        if since_ns is None:
            self._naked_from.pop(job_id, None)
            return 0
        known = self._naked_from.get(job_id)
        if known is None or known[0] != since_ns:
            known = since_ns, steady_ns - max(0, self._clock.utc_ns() - since_ns)
            self._naked_from[job_id] = known
        return steady_ns - known[1]

    def phase_ns(self, run: JobRun) -> int:
        """Return how long this engine has had for a job's phase: what it could not do while it was down counts not."""
        job_id, steady_ns = run.job.job_id, self._clock.monotonic_ns()
        known = self._phase_from.get(job_id)
        if known is None or known[0] != run.moved_ns:
            known = self._phase_from[job_id] = run.moved_ns, steady_ns
        return steady_ns - known[1]

    def forget(self, job_id: str) -> None:
        self._naked_from.pop(job_id, None)
        self._phase_from.pop(job_id, None)
