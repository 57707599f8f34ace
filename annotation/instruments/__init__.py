"""Instruments and rules: what makes labels trustworthy before they are aggregated.

`settings` what a project uses; `known` comparisons whose answer is known; `before_work` consent, test and
training; `lending` hidden gold, repeats and mirrors; `sequential` the tests of the rules; `watching` what the
rules do. Instruments are comparisons lent for another purpose than work: their labels are not independent,
so they enter no agreement, consensus or training release, and they are paid like any other answer.
"""
