"""How leaders do: daily facts, the versioned scorecard policy, scorecards that explain every point."""
