"""The reference notebook's baselines, fitted: the majority tag, and linear classifiers over 14 features of a word."""
