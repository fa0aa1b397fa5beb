"""The doctor: whether the installation delivers as it should, looked at from outside and from inside.

Each check is one function that answers with a level, what it measured and what is to be changed. `service` runs them,
for the command line, for the worker and for the health page.
"""
