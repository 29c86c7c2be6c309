"""Performance, measured as ratios beside a limit of the same run on the same machine; never a timed test."""
