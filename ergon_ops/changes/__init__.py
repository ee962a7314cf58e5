"""Proposals and changes: nothing is done before a person who may approve it has, and everything is written down.

`changes.Changes` is the front door, `kinds.KINDS` what there is to change, `writers` the real hands. Nothing is
imported here: who only asks a question needs none of it.
"""
