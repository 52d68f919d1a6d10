"""Tools that break what really runs: processes, wires, disks, and those who lie. Each answers with measured figures."""
