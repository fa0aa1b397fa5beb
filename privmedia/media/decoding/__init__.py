"""The inside of the sandbox: everything that parses or decodes what somebody sent.

Only `python -m privmedia.media.decoding` imports these modules, in a child process that `sandbox` shut in.
They know nothing of the rest: a question comes in, an answer goes out, files are made in the working folder.
"""
