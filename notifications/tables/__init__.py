"""Tables: workbooks, CSV and JSONL, charts."""
