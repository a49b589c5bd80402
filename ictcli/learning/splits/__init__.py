"""Folds for labels that last: no training label ever overlaps a tested one."""
