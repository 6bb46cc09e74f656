"""A mechanism that exists only in the tests: the bureau asks units a question and gathers the answers.

It is joined to a process that starts with ``tests/inquiry/site`` on its path; no production file knows it.
"""
