"""One call for each command: functions that read what they are given and return values.

``maestrokit.__init__`` lists them among the public names. They stand on the layers below and know no options.
"""
