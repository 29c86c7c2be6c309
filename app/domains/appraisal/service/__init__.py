"""Use-cases of the appraisal room."""
