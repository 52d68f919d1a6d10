"""The commands of `faikhiao`, one a file. Nothing heavy is imported before a command runs."""
