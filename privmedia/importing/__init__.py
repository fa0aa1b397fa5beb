"""Adopting what is on the disk already: files and trees, with what lies beside them. For the command line alone.

`tree` walks and never follows a link, `sidecars` says what belongs to which file, `looking` looks at one and `reading`
reads what lies beside it, `taking` makes it an item or leaves everything as it is, `known` tells what is there already,
`report` counts.
"""
