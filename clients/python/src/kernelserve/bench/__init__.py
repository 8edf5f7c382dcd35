"""What offloading gives on this machine, beside the libraries that do the same in the process.

`works` is the table of what is measured: texts, contenders, and the bars they are held to. `run`
runs it into figures that are JSON, from which `report`, `charts` and `page` make what people read.
Peers are optional: what is not installed is left out, and named.
"""
