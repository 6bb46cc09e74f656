"""Files as people hand them in: texts, and tables of CSV and XLSX read by their headings."""
