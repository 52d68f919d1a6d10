"""How much one controller carries: cabinets, messages, memory, over real sockets on two cores (`make bench-load`)."""
