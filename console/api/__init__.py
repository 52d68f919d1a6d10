"""The control API of a running service: state and decisions for viewers, requests for operators and engineers.

It listens on a Unix socket or on loopback, knows its users by token, and changes nothing itself: a request becomes an
input of the next step and an audit record in the journal.
"""
