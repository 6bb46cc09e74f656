"""Leads (问题线索): intake, life cycle, tables. Source: 通知§12."""
