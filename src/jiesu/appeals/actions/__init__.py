"""The use cases of an appeal's life, in the order it lives them: listing this is the process.

``intake`` → ``triage`` → ``dispatch`` → ``handling`` → ``review`` → ``callback`` → ``closure``;
``clocks`` and ``attachments`` serve them, ``transition`` alone writes a status.
"""
