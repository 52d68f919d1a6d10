"""Where everything is put together: the command line, the control API, reports and diagrams."""
