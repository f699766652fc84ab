"""An operator's licence server: few words over HTTP, each answered with something signed."""
