"""The command line: parse, call, print. One file per command group; the only package that knows click.

main          the commands by name, and the one place where errors become texts and exit codes
base          the lazy group, the options every command takes, the session
output        tables to stdout or a file
diagnostics   stderr: errors, notes, colours
meter         progress on a terminal
"""
