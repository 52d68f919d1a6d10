"""What traffic engineers write: a site's files in, the model out; its checks, calendar, timings. No town here."""
