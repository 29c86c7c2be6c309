"""Recruitment: how a neighbour becomes a leader - application, endorsements, score, decision, training, contract."""
