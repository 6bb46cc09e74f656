"""The office: who works here and on which days."""
