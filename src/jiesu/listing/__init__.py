"""Lists of orders: what filters them, what their columns say, which filters a person keeps."""
