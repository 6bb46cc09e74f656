"""Papers: official documents as PDF and DOCX."""
