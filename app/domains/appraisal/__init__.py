"""The appraisal cycle: targets, a provisional score, appeals, the final score, and what HQ makes of it."""
