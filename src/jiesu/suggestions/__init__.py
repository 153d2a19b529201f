"""What the system suggests of an appeal's text: its class, its type, its unit. Never decides alone.

Models are learned from the centre's own orders (``training``), kept and switched (``registry``),
asked while people type (``classes``, ``units``), and what they said is kept beside the order with
whether it was taken (``following``).
"""
