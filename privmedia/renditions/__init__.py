"""What is encoded of a version by the worker: what it is played as, and what the player shows and switches between.

How that is done with a file is the media room's; here is which version, when, and what it means for the item.
"""
