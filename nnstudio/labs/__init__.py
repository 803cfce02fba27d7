"""Labs: experiments that run beside training in a process of their own, and their pool (``docs/insight.md``)."""
