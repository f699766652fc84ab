"""Every sentence that a person reads, by key; the sentences stand in `locales/<language>/`.

`say` gives a sentence for its facts, `say_error` the sentence of an error; `formats` writes
numbers and times. No markup, no layout and no decision is in here.
"""
