"""What traffic engineers write: a site's files in, the engineered model out; its checks, its calendar. No town lives here."""
