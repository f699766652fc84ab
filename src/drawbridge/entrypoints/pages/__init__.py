"""What every website of ours shares: its look, its manners, forms, visits and pictures.

The app and the paper exchange's account site are two processes with the same style sheets and
the same protection; what their pages show and do stands with each of them, not here.
"""
