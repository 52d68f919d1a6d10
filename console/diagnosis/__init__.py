"""What `faikhiao doctor` looks at: the machine, the papers (certificates, secrets), and the street as it answers."""
