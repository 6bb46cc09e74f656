# ruff: noqa: E402, I001 - the codes have to be there before anything reads them
"""Joins the mechanism of the tests to every process that starts with this folder on its path."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from inquiry.codes import enlist

enlist()

from deployments import mechanisms
from inquiry.desk import InquiryDesk, ShareDesk
from tasks.desks import Mechanisms

mechanisms.MECHANISMS = Mechanisms((*mechanisms.MECHANISMS, InquiryDesk(), ShareDesk()))
mechanisms.KINDS = mechanisms.MECHANISMS.kinds
mechanisms.TRIGGERS = {**mechanisms.TRIGGERS, "发起问询": "inquiry.trigger.start_inquiry"}
