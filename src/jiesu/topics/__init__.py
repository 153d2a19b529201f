"""One matter told by many: each new order finds its topic, or makes one with its like."""
